"""Vulnerabilities: of which packages, on which targets, and which feeds of advisories say so."""

from __future__ import annotations

from fastapi import APIRouter

from nephoscope.portal.listing import list_router
from nephoscope.portal.lists.vulnerabilities import FEEDS, PACKAGES, SOURCE, TARGETS
from nephoscope.portal.shapes.vulnerabilities import FeedPage, TargetPage, VulnerabilityPage, VulnerablePackagePage

router = APIRouter(tags=["vulnerabilities"])
router.include_router(list_router("Vulnerabilities", SOURCE, VulnerabilityPage, prefix="/vulnerabilities"))
router.include_router(list_router("Packages", PACKAGES, VulnerablePackagePage, prefix="/packages"))
router.include_router(list_router("Targets", TARGETS, TargetPage, prefix="/targets"))
router.include_router(list_router("Advisories", FEEDS, FeedPage, prefix="/advisories"))
