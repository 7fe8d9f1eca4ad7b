/** Our own version. */
export const VERSION = "0.1.0";

/** The version of fail2ban whose behaviour, protocol and files this is compatible with; what clients are told. */
export const FAIL2BAN_VERSION = "1.1.1";
