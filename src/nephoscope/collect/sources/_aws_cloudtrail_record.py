"""CloudTrail's record: every field that AWS documents, so that a record without news is decoded in one step.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from msgspec import UNSET, Raw, Struct, UnsetType

Text = str | UnsetType | None
Flag = bool | UnsetType | None
Json = Raw | UnsetType


class Attributes(Struct, gc=False):
    """When a session began, and whether with MFA."""

    creationDate: Text = UNSET
    mfaAuthenticated: Text = UNSET


class SessionIssuer(Struct, gc=False):
    """Whose session it is."""

    type: Text = UNSET
    principalId: Text = UNSET
    arn: Text = UNSET
    accountId: Text = UNSET
    userName: Text = UNSET


class SessionContext(Struct, gc=False):
    """A temporary credential's session."""

    sessionIssuer: SessionIssuer | UnsetType | None = UNSET
    attributes: Attributes | UnsetType | None = UNSET
    webIdFederationData: Json = UNSET
    sourceIdentity: Text = UNSET
    ec2RoleDelivery: Text = UNSET
    assumedRoot: Json = UNSET


class UserIdentity(Struct, gc=False, eq=False):
    """Who called."""

    type: Text = UNSET
    principalId: Text = UNSET
    arn: Text = UNSET
    accountId: Text = UNSET
    accessKeyId: Text = UNSET
    userName: Text = UNSET
    sessionContext: SessionContext | UnsetType | None = UNSET
    invokedBy: Text = UNSET
    identityProvider: Text = UNSET
    credentialId: Text = UNSET
    onBehalfOf: Json = UNSET
    inScopeOf: Json = UNSET


class TlsDetails(Struct, gc=False, eq=False):
    """How the connection was secured."""

    tlsVersion: Text = UNSET
    cipherSuite: Text = UNSET
    clientProvidedHostHeader: Text = UNSET
    keyExchange: Text = UNSET


class Record(Struct, gc=False):
    """One event."""

    eventVersion: Text = UNSET
    userIdentity: UserIdentity | UnsetType | None = UNSET
    eventTime: Text = UNSET
    eventSource: Text = UNSET
    eventName: Text = UNSET
    awsRegion: Text = UNSET
    sourceIPAddress: Text = UNSET
    userAgent: Text = UNSET
    errorCode: Text = UNSET
    errorMessage: Text = UNSET
    requestParameters: Json = UNSET
    responseElements: Json = UNSET
    additionalEventData: Json = UNSET
    requestID: Text = UNSET
    eventID: Text = UNSET
    readOnly: Flag = UNSET
    resources: Json = UNSET
    eventType: Text = UNSET
    apiVersion: Text = UNSET
    managementEvent: Flag = UNSET
    recipientAccountId: Text = UNSET
    sharedEventID: Text = UNSET
    vpcEndpointId: Text = UNSET
    vpcEndpointAccountId: Text = UNSET
    eventCategory: Text = UNSET
    serviceEventDetails: Json = UNSET
    addendum: Json = UNSET
    sessionCredentialFromConsole: Text = UNSET
    edgeDeviceDetails: Json = UNSET
    tlsDetails: TlsDetails | UnsetType | None = UNSET
    insightDetails: Json = UNSET
    eventContext: Json = UNSET
