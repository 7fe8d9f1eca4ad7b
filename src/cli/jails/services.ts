/**
 * Programs and units behind the jails. A jail stands for the longest entry that is its name or its name's beginning up to
 * a dash; one that is not here has the name of its program.
 */
const SERVICES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    apache: ["apache2", "httpd"],
    "pass2allow-ftp": ["apache2", "httpd"],
    php: ["nginx", "apache2", "httpd"],
    suhosin: ["apache2", "httpd", "lighttpd"],
    wordpress: ["nginx", "apache2", "httpd"],
    sshd: ["sshd", "ssh"],
    "selinux-ssh": ["auditd"],
    "pam-generic": [],
    xinetd: ["xinetd"],
    webmin: ["webmin", "miniserv.pl"],
    screensharingd: ["screensharingd"],
    xrdp: ["xrdp", "xrdp-sesman"],
    recidive: [],
    haproxy: ["haproxy"],
    guacamole: ["guacd"],
    dante: ["danted", "sockd"],
    "3proxy": ["3proxy"],
    postfix: ["postfix", "master"],
    sieve: ["dovecot", "timsieved"],
    exim: ["exim", "exim4"],
    sendmail: ["sendmail"],
    "courier-auth": ["imapd", "pop3d", "couriertcpd", "courier-imap", "courier-pop"],
    "courier-smtp": ["courieresmtpd", "courier-mta", "courier"],
    cyrus: ["cyrmaster", "cyrus-imapd"],
    uwimap: ["imapd", "ipop3d"],
    qmail: ["qmail-send", "qmail"],
    assp: ["assp"],
    kerio: ["mailserver", "kerio-connect"],
    "domino-smtp": ["domino"],
    roundcube: ["roundcube"],
    sogo: ["sogod", "sogo"],
    "pure-ftpd": ["pure-ftpd"],
    wuftpd: ["wu-ftpd", "in.ftpd"],
    gssftpd: ["krb5-ftpd", "ftpd"],
    mysqld: ["mysqld", "mariadbd", "mysql", "mariadb"],
    mssql: ["sqlservr", "mssql-server"],
    mongodb: ["mongod"],
    postgresql: ["postgres", "postgresql"],
    redis: ["redis-server", "valkey-server"],
    slapd: ["slapd"],
    named: ["named", "bind9"],
    murmur: ["murmurd", "mumble-server"],
    ejabberd: ["beam.smp", "ejabberd"],
    znc: ["znc"],
    "counter-strike": ["srcds_linux", "hlds_linux", "hlds_amd"],
    openvpn: ["openvpn", "openvpn-server"],
    softethervpn: ["vpnserver"],
    stunnel: ["stunnel", "stunnel4"],
    strongswan: ["charon", "charon-systemd", "strongswan"],
    ocserv: ["ocserv", "ocserv-main"],
    gitlab: ["gitlab-runsvdir", "gitlab-workhorse"],
    grafana: ["grafana", "grafana-server"],
    bitwarden: ["bitwarden"],
    openhab: ["openhab", "openhab2"],
    centreon: ["centreon", "centengine"],
    proxmox: ["pvedaemon", "pveproxy"],
    "proxmox-backup": ["proxmox-backup-proxy", "proxmox-backup"],
    nagios: ["nrpe", "nagios-nrpe-server"],
    zoneminder: ["zmc", "zoneminder"],
    "home-assistant": ["hass", "home-assistant"],
    gitea: ["gitea", "forgejo"],
    synapse: ["synapse_homeserver", "matrix-synapse"],
    cockpit: ["cockpit-ws", "cockpit-tls", "cockpit"],
    immich: ["immich", "immich-server"],
    keycloak: ["keycloak"],
    truenas: ["middlewared"],
    envoy: ["envoy"],
  }),
);

/** Programs and units that a jail guards; none for a jail that guards no service. */
export function servicesOf(jail: string): readonly string[] {
  const words = jail.split("-");
  for (let length = words.length; length > 0; length--) {
    const services = SERVICES.get(words.slice(0, length).join("-"));
    if (services) {
      return services;
    }
  }
  return [...new Set([jail, words[0] ?? jail])];
}
