"""Amazon Inspector's findings (`aws inspector2 list-findings`, and its export to S3).

Source: https://docs.aws.amazon.com/inspector/v2/APIReference/API_Finding.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nephoscope.model.coverage import Gap
from nephoscope.model.package import Package
from nephoscope.scan.loose import mapping, mappings, text, texts
from nephoscope.scan.scanner_report import Place, Reported, Told, decoded, report_format, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = "Inspector"  # the ecosystem of what comes from a distribution that the finding does not name
TYPES = {
    "AWS_EC2_INSTANCE": "AWS::EC2::Instance",
    "AWS_ECR_CONTAINER_IMAGE": "image",
    "AWS_LAMBDA_FUNCTION": "AWS::Lambda::Function",
}
ECOSYSTEMS = {
    **dict.fromkeys(("NPM", "NODEPKG", "YARN", "PNPM"), "npm"),
    **dict.fromkeys(("PYTHON", "PYTHONPKG", "PIP", "PIPENV", "POETRY"), "PyPI"),
    **dict.fromkeys(("JAR", "POM", "GRADLE"), "Maven"),
    **dict.fromkeys(("GOBINARY", "GOMOD"), "Go"),
    **dict.fromkeys(("GEM", "GEMSPEC", "BUNDLER"), "RubyGems"),
    **dict.fromkeys(("NUGET", "DOTNET_CORE", "DOTNET"), "NuGet"),
    **dict.fromkeys(("CARGO", "RUST"), "crates.io"),
    **dict.fromkeys(("COMPOSER", "PHP"), "Packagist"),
}


def _is_it(content: bytes, said: Mapping[str, Any]) -> bool:
    return any("findingArn" in each or "packageVulnerabilityDetails" in each for each in mappings(said.get("findings")))


@report_format(_is_it)
def inspector(content: bytes, origin: str) -> Iterator[Told]:
    """Each package of each open finding about packages; of others it is said that they were left."""
    for at, each in enumerate(mappings(decoded(content, origin).get("findings"))):
        where = f"{origin}: findings[{at}]"
        details = mapping(each.get("packageVulnerabilityDetails"))
        if not details or text(each.get("status")) not in ("ACTIVE", ""):
            kind = text(each.get("type")) or "finding"
            yield Gap("record", where, f"was left: {kind} of the status {text(each.get('status')) or 'none'}")
            continue
        for resource in mappings(each.get("resources")):
            yield from _of_resource(each, details, resource, where)


def _of_resource(
    each: Mapping[str, Any], details: Mapping[str, Any], resource: Mapping[str, Any], where: str
) -> Iterator[Told]:
    kind, id_, name = text(resource.get("type")), text(resource.get("id")), text(details.get("vulnerabilityId"))
    if kind not in TYPES or not id_ or not name:
        yield Gap("record", where, f"names no vulnerability, or a resource of the type {kind or 'none'}")
        return
    place = Place(TYPES[kind], id_, text(each.get("awsAccountId")), text(resource.get("region")))
    scores = sorted((text(one.get("scoringVector")) for one in mappings(details.get("cvss"))), reverse=True)
    vectors = " ".join(score for score in scores if score.startswith("CVSS:"))
    for package in mappings(details.get("vulnerablePackages")):
        found = _package(package)
        fixed = text(package.get("fixedInVersion"))
        fixed = "" if fixed == "NotAvailable" else fixed
        related = texts(details.get("relatedVulnerabilities"))
        yield Reported(place, found, name, related, fixed, word_of(each.get("severity")), vectors)


def _package(said: Mapping[str, Any]) -> Package:
    version, release, epoch = (text(said.get(key)) for key in ("version", "release", "epoch"))
    number = said.get("epoch")
    epoch = str(number) if isinstance(number, int) and number else epoch
    whole = "-".join(filter(None, (version, release)))
    ecosystem = ECOSYSTEMS.get(text(said.get("packageManager")), NAME)
    return Package(ecosystem, text(said.get("name")), f"{epoch}:{whole}" if epoch and ecosystem == NAME else whole)
