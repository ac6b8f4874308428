"""Packages that a server has no use for, and those that it should have."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds_system import Package

CLEAR = "passwords and data go over the network in clear."
OPEN = "a service that nobody asked for listens, and is patched by nobody."
BOTH = LIKE_DEBIAN + LIKE_RHEL

UNWANTED = (
    ("telnet_server", "telnet server", ("telnetd", "inetutils-telnetd", "telnet-server"), CLEAR),
    ("telnet_client", "telnet client", ("telnet", "inetutils-telnet"), CLEAR),
    ("rsh_server", "rsh server", ("rsh-server", "rsh-redone-server"), CLEAR),
    ("rsh_client", "rsh client", ("rsh-client", "rsh-redone-client", "rsh"), CLEAR),
    ("talk_server", "talk server", ("talkd", "talk-server"), CLEAR),
    ("talk_client", "talk client", ("talk",), CLEAR),
    ("nis_server", "NIS server", ("nis", "ypserv"), CLEAR),
    ("nis_client", "NIS client", ("ypbind", "ypbind-mt"), CLEAR),
    ("ftp_server", "FTP server", ("vsftpd", "proftpd-basic", "proftpd-core", "pure-ftpd"), CLEAR),
    ("ftp_client", "FTP client", ("ftp", "tnftp", "lftp"), CLEAR),
    ("tftp_server", "TFTP server", ("tftpd-hpa", "atftpd", "tftp-server"), CLEAR),
    ("tftp_client", "TFTP client", ("tftp", "tftp-hpa"), CLEAR),
    ("avahi", "Avahi", ("avahi-daemon", "avahi"), OPEN),
    ("printing", "CUPS", ("cups", "cups-daemon"), OPEN),
    ("dhcp_server", "DHCP server", ("isc-dhcp-server", "dhcp-server", "kea-dhcp4-server", "kea"), OPEN),
    ("dns_server", "DNS server", ("bind9", "bind", "dnsmasq"), OPEN),
    ("directory_server", "LDAP server", ("slapd", "openldap-servers"), OPEN),
    ("file_server_nfs", "NFS server", ("nfs-kernel-server",), OPEN),
    ("file_server_smb", "SMB server", ("samba",), OPEN),
    ("mail_server_imap", "IMAP and POP3 server", ("dovecot-imapd", "dovecot-pop3d", "dovecot", "cyrus-imapd"), OPEN),
    ("web_proxy", "web proxy", ("squid",), OPEN),
    ("snmp_server", "SNMP server", ("snmpd", "net-snmp"), CLEAR),
    ("rsync_daemon", "rsync daemon", ("rsync-daemon",), CLEAR),
    ("inetd", "inetd", ("xinetd", "openbsd-inetd", "inetutils-inetd"), OPEN),
    ("window_system", "X server", ("xserver-xorg-core", "xorg-x11-server-common", "xorg-x11-server-Xorg"), OPEN),
    ("desktop", "GNOME's display manager", ("gdm3", "gdm"), OPEN),
    ("crash_reports", "crash reporter", ("apport", "abrt"), "memory of crashed processes is kept and may be sent."),
    ("automounter", "automounter", ("autofs",), "a stick or share that is plugged in is mounted by itself."),
)
WANTED = (
    ("sudo", "sudo", ("sudo", "sudo-ldap"), "people share root's password, and nobody sees who did what.", BOTH),
    ("auditd", "auditd", ("auditd", "audit"), "what processes do to accounts and files is not recorded.", BOTH),
    (
        "integrity_checker",
        "a file integrity checker",
        ("aide", "tripwire", "samhain"),
        "nothing on the host itself tells of changed programs.",
        BOTH,
    ),
    (
        "clock_sync",
        "a time service",
        ("chrony", "systemd-timesyncd", "ntpsec", "ntp"),
        "logs cannot be put in order, and signatures and tickets fail.",
        BOTH,
    ),
    (
        "firewall",
        "a firewall's front end",
        ("nftables", "ufw", "firewalld", "iptables", "iptables-nft"),
        "every service that listens is reachable.",
        BOTH,
    ),
    ("apparmor", "AppArmor", ("apparmor",), "a service that was taken over may do all that its user may.", LIKE_DEBIAN),
    (
        "selinux_policy",
        "SELinux's policy",
        ("selinux-policy-targeted", "selinux-policy-mls"),
        "a service that was taken over may do all that its user may.",
        LIKE_RHEL,
    ),
    (
        "password_quality",
        "a checker of passwords",
        ("libpam-pwquality", "libpwquality"),
        "people choose passwords that are guessed.",
        BOTH,
    ),
    (
        "automatic_updates",
        "automatic updates",
        ("unattended-upgrades", "dnf-automatic"),
        "known holes stay open until somebody thinks of them.",
        BOTH,
    ),
)

CHECKS = tuple(
    Check("%s_is_not_installed" % name, "No %s is installed" % what, why, Package(names, False))
    for name, what, names, why in UNWANTED
) + tuple(
    Check(
        "%s_is_installed" % name, "%s is installed" % (what[:1].upper() + what[1:]), why, Package(names, True), families
    )
    for name, what, names, why, families in WANTED
)
