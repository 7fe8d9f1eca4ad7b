import { describe, expect, it } from "vitest";
import { isSmtpScript, mapSmtpScript } from "./smtp-script";

describe("fail2ban's smtp.py", () => {
  it("has the same defaults here", () => {
    expect(mapSmtpScript("{}")).toEqual({
      events: "ban, start, stop",
      sender: "fail2ban",
      dest: "root",
      smtp_host: "localhost",
      smtp_port: "25",
      smtp_security: "none",
    });
  });

  it("keeps what it is given", () => {
    const given = {
      host: "mail.example.org:587",
      ssl: "yes",
      user: "joe",
      password: "x",
      sendername: "Me",
      sender: "me@example.org",
      dest: "a@example.org, b@example.org",
      matches: "ipmatches",
      other: "y",
    };
    expect(mapSmtpScript(JSON.stringify(given))).toEqual({
      events: "ban, start, stop",
      smtp_host: "mail.example.org",
      smtp_port: "587",
      smtp_security: "starttls",
      smtp_user: "joe",
      smtp_password: "x",
      sendername: "Me",
      sender: "me@example.org",
      dest: "a@example.org, b@example.org",
      lines: "ipmatches",
    });
  });

  it.each([
    [{ host: "mail:25", ssl: "False" }, "none"],
    [{ host: "mail:25", user: "joe" }, "starttls"],
    [{ host: "localhost:25", user: "joe" }, "none"],
    [{ host: "mail:25", ssl: "1" }, "starttls"],
  ])("secures the way for %j with %s", (given, security) => {
    expect(mapSmtpScript(JSON.stringify(given))?.["smtp_security"]).toBe(security);
  });

  it("is known by its name alone, and refuses what is no object", () => {
    expect(isSmtpScript("/etc/fail2ban/action.d/smtp.py")).toBe(true);
    expect(isSmtpScript("/etc/fail2ban/action.d/mysmtp.py")).toBe(false);
    expect(mapSmtpScript("{")).toBeUndefined();
    expect(mapSmtpScript("null")).toBeUndefined();
  });
});
