"""PAM: what a log-in and a change of password have to pass."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, LIKE_RHEL, Check
from nephoscope.agent.kinds import Wanted
from nephoscope.agent.kinds_system import Pam

GUESS = "passwords are guessed from the internet, and from stolen hashes."
STRONG = "stolen hashes are turned into passwords."
OLD = "people go back to a password that was stolen."


def _both(name, title, why, kind, modules, argument="", wanted=None, absent=False):  # noqa: ANN001, ANN202
    debian, rhel = "common-%s" % kind, "system-auth"
    return (
        Check(name, title, why, Pam((debian,), kind, modules, argument, wanted, absent), LIKE_DEBIAN),
        Check("%s_in_system_auth" % name, title, why, Pam((rhel,), kind, modules, argument, wanted, absent), LIKE_RHEL),
    )


CHECKS = (
    *_both("log_in_locks_out", "Wrong passwords lock an account", GUESS, "auth", ("pam_faillock.so",)),
    *_both("lock_out_holds_for_accounts", "A locked account is refused", GUESS, "account", ("pam_faillock.so",)),
    *_both(
        "log_in_takes_no_empty_password",
        "Empty passwords are refused",
        "an account without a password is open to everybody.",
        "auth",
        ("pam_unix.so",),
        "nullok",
        None,
        True,
    ),
    *_both(
        "new_password_is_not_empty",
        "Passwords cannot be made empty",
        "an account without a password is open to everybody.",
        "password",
        ("pam_unix.so",),
        "nullok",
        None,
        True,
    ),
    *_both(
        "new_password_is_checked",
        "New passwords are checked",
        GUESS,
        "password",
        ("pam_pwquality.so", "pam_passwdqc.so"),
    ),
    *_both("old_passwords_are_refused", "Old passwords are refused", OLD, "password", ("pam_pwhistory.so",)),
    *_both(
        "password_history_is_long",
        "The last 24 passwords are refused",
        OLD,
        "password",
        ("pam_pwhistory.so",),
        "remember",
        Wanted("at_least", 24),
    ),
    Check(
        "new_password_is_not_hashed_by_md5",
        "New passwords are not hashed by MD5",
        STRONG,
        Pam(("common-password",), "password", ("pam_unix.so",), "md5", None, True),
        LIKE_DEBIAN,
    ),
    Check(
        "new_password_is_not_hashed_by_md5_in_system_auth",
        "New passwords are not hashed by MD5",
        STRONG,
        Pam(("system-auth",), "password", ("pam_unix.so",), "md5", None, True),
        LIKE_RHEL,
    ),
    Check(
        "remote_log_in_locks_out",
        "Wrong passwords lock an account for remote log-ins",
        GUESS,
        Pam(("password-auth",), "auth", ("pam_faillock.so",)),
        LIKE_RHEL,
    ),
    Check(
        "remote_log_in_takes_no_empty_password",
        "Empty passwords are refused for remote log-ins",
        "an account without a password is open to everybody.",
        Pam(("password-auth",), "auth", ("pam_unix.so",), "nullok", None, True),
        LIKE_RHEL,
    ),
    Check(
        "su_is_for_a_group",
        "su is for the members of a group",
        "anybody tries root's password.",
        Pam(("su",), "auth", ("pam_wheel.so",), "use_uid"),
    ),
)
