"""Items + hosts ─► where each target is, as far as it decides how urgent its vulnerabilities are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nephoscope.assess.policy_document import identity_documents, is_administrator, statements
from nephoscope.assess.privileges import escalation
from nephoscope.model.errors import NotCollected
from nephoscope.model.view import view_of
from nephoscope.pipeline.exposure import BALANCER, INSTANCE, TYPES, Network, exposure, network
from nephoscope.scan.priority import Said, Surroundings, unseen
from nephoscope.store.fleet import list_hosts
from nephoscope.store.gaps import list_gaps
from nephoscope.store.items import ItemFilter, each_latest
from nephoscope.store.packages import list_looks, untell_targets
from nephoscope.store.surroundings import replace_surroundings
from nephoscope.store.watched import is_watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from nephoscope.keep import Stores
    from nephoscope.model.item import Item
    from nephoscope.store.packages import Target

ROLE = "AWS::IAM::Role"
ADMINISTRATOR = (":policy/AdministratorAccess", ":policy/IAMFullAccess")
MANAGED = ":iam::aws:policy/"
MOST_GAPS = 100_000
UNUSED = Said("", "agents do not tell which package a running program is of")
OF_IMAGE = unseen("it is no instance: what runs from it has places of its own")
OF_HOST = Said("", "the host is not bound to an instance of the inventory")


@dataclass
class Places:
    """The arrow. tag: the tag that says how much a target matters."""

    stores: Stores
    tag: str = "criticality"

    def round(self) -> bool:
        """Look at every target's place anew, and have the findings of those that moved made anew."""
        wanted = ItemFilter(types=(*TYPES, ROLE))
        items = [revision.item for revision in each_latest(self.stores.lake, wanted)]
        with self.stores.ledger.read() as connection:
            unread = _unread(connection, {item.account for item in items})
            targets = [look.target for look in list_looks(connection)]
            tags = {host.id: host.tags for host in list_hosts(connection)}
        places = self._places(targets, items, unread, tags)
        with self.stores.ledger.write() as connection:
            untell_targets(connection, replace_surroundings(connection, places))
        return False

    def _places(
        self,
        targets: Iterable[Target],
        items: Iterable[Item],
        unread: Iterable[str],
        tags: Mapping[str, Mapping[str, str]],
    ) -> dict[str, dict[str, tuple[str, str]]]:
        by_key = {item.key: item for item in items}
        known = network(by_key.values(), unread)
        return {
            target.key: {name: tuple(said) for name, said in asdict(self._place(target, by_key, known, tags)).items()}
            for target in targets
        }

    def _place(
        self,
        target: Target,
        items: Mapping[tuple[str, str, str, str], Item],
        known: Network,
        tags: Mapping[str, Mapping[str, str]],
    ) -> Surroundings:
        if target.type == "host":
            return Surroundings(OF_HOST, UNUSED, OF_HOST, criticality(tags.get(target.id, {}), self.tag))
        if target.type != INSTANCE:
            return OF_IMAGE
        item = items.get((target.account, target.region, INSTANCE, target.id))
        if item is None:
            return unseen("the inventory does not hold the instance")
        return Surroundings(exposure(item, known), UNUSED, _privilege(item, items), criticality(item.tags, self.tag))


def _unread(connection: Connection, accounts: Iterable[str]) -> set[str]:
    """Accounts of which no pass has read every load balancer yet, or the last one could not."""
    failed = {
        each.gap.account
        for each in list_gaps(connection, area="read", limit=MOST_GAPS)
        if each.gap.subject.partition("/")[0] in (BALANCER, "account")
    }
    return failed | {account for account in accounts if not is_watched(connection, account, BALANCER)}


def _privilege(item: Item, items: Mapping[tuple[str, str, str, str], Item]) -> Said:
    try:
        profile = str(view_of(item).get("IamInstanceProfile") or "")
    except NotCollected as error:
        return Said("", f"its instance profile is not known: {error}")
    return privilege(profile, items.get((item.account, "global", ROLE, profile)))


def criticality(tags: Mapping[str, str], tag: str) -> Said:
    """How much a target matters, as its tag says."""
    if tag not in tags:
        return Said("", f"it has no tag {tag}")
    word = tags[tag].strip().lower()
    if word not in ("critical", "high", "medium", "low"):
        return Said("", f"its tag {tag} is none of critical, high, medium, low")
    return Said(word, f"its tag {tag}")


def privilege(profile: str, role: Item | None) -> Said:
    """What an instance's role may do: of the role that is named as the instance profile, as consoles name it."""
    if not profile:
        return Said("none", "it has no instance profile")
    if role is None:
        return Said("", f"no role is named as the instance profile {profile}")
    try:
        why = _administers(view_of(role))
        unread = [str(arn) for arn in view_of(role).each("ManagedPolicyArns") if MANAGED not in str(arn)]
    except (NotCollected, ValueError) as error:
        return Said("", f"what the role {profile} may do is not known: {error}")
    if why:
        return Said("administrator", f"the role {profile}: {why}")
    if unread:
        return Said("", f"the role {profile}: what {unread[0]} allows is not read")
    return Said("some", f"the role {profile}; of AWS's own policies those of administrators are told apart")


def _administers(role: Any) -> str:
    """Why a role is an administrator's, or can become one; empty if it is not seen to be."""
    for arn in role.each("ManagedPolicyArns"):
        if str(arn).endswith(ADMINISTRATOR):
            return f"{arn} is attached"
    for name, document in identity_documents(role):
        if any(is_administrator(statement) for statement in statements(document)):
            return f"{name} allows everything on everything"
        if way := escalation(document):
            return f"{name} allows {way}"
    return ""
