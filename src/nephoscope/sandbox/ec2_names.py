"""EC2's names in CloudTrail: which operations are logged as XML, how lists are called, what is always written.

Source: records of CloudTrail; the API's reference does not say it.
"""

from __future__ import annotations

import re
from typing import Any

YOUNG = re.compile(
    "FlowLogs|NatGateway|LaunchTemplate|Hosts|AddressTransfer|AddressesAttribute|EgressOnly|CreditSpecification"
    "|ClassicLinkDnsSupport|VpcEndpoint|TransitGateway|Fleet|CapacityReservation|ClientVpn|TrafficMirror"
    "|PrefixList|Ipam|NetworkInsights|InstanceConnectEndpoint|SecurityGroupRule|EbsEncryptionByDefault"
    "|BlockPublicAccess|SerialConsole|InstanceMetadata|VerifiedAccess|FastSnapshotRestore"
    "|IamInstanceProfileAssociation|InstanceEventWindow|CidrReservation|LocalGateway|CarrierGateway"
    "|VolumesModifications|InstanceType|ConsoleScreenshot|ScheduledInstances|EbsDefaultKms|IamInstanceProfile"
)


def is_young(operation: str) -> bool:
    """Whether an operation's parameters are logged as its XML was."""
    return bool(YOUNG.search(operation))


# parameter → its set, and the name of what stands in each item
ITEMS = {
    "AllocationIds": ("allocationIdsSet", "allocationId"),
    "AttributeNames": ("accountAttributeNameSet", "attributeName"),
    "CustomerGatewayIds": ("customerGatewaySet", "customerGatewayId"),
    "DhcpOptionsIds": ("dhcpOptionsSet", "dhcpOptionsId"),
    "ExecutableUsers": ("executableBySet", "user"),
    "GroupIds": ("securityGroupIdSet", "groupId"),
    "GroupNames": ("securityGroupSet", "groupName"),
    "ImageIds": ("imagesSet", "imageId"),
    "InstanceIds": ("instancesSet", "instanceId"),
    "InternetGatewayIds": ("internetGatewayIdSet", "internetGatewayId"),
    "KeyNames": ("keySet", "keyName"),
    "KeyPairIds": ("keyPairIdSet", "keyPairId"),
    "NetworkAclIds": ("networkAclIdSet", "networkAclId"),
    "NetworkInterfaceIds": ("networkInterfaceIdSet", "networkInterfaceId"),
    "OwnerIds": ("ownersSet", "owner"),
    "Owners": ("ownersSet", "owner"),
    "PublicIps": ("publicIpsSet", "publicIp"),
    "RegionNames": ("regionSet", "regionName"),
    "Resources": ("resourcesSet", "resourceId"),
    "RestorableByUserIds": ("sharedUsersSet", "user"),
    "RouteTableIds": ("routeTableIdSet", "routeTableId"),
    "SecurityGroupIds": ("groupSet", "groupId"),
    "SecurityGroups": ("groupSet", "groupName"),
    "SnapshotIds": ("snapshotSet", "snapshotId"),
    "SubnetIds": ("subnetSet", "subnetId"),
    "VolumeIds": ("volumeSet", "volumeId"),
    "VpcIds": ("vpcSet", "vpcId"),
    "VpcPeeringConnectionIds": ("vpcPeeringConnectionIdSet", "vpcPeeringConnectionId"),
    "VpnConnectionIds": ("vpnConnectionSet", "vpnConnectionId"),
    "VpnGatewayIds": ("vpnGatewaySet", "vpnGatewayId"),
    "ZoneIds": ("availabilityZoneIdSet", "zoneId"),
    "ZoneNames": ("availabilityZoneSet", "zoneName"),
}
SETS = {
    "Filters": "filterSet",
    "Tags": "tagSet",
    "TagSpecifications": "tagSpecificationSet",
    "IpPermissions": "ipPermissions",
    "BlockDeviceMappings": "blockDeviceMapping",
    "NetworkInterfaces": "networkInterfaceSet",
    "PrivateIpAddresses": "privateIpAddressesSet",
    "UserIdGroupPairs": "groups",
    "IpRanges": "ipRanges",
    "Ipv6Ranges": "ipv6Ranges",
    "PrefixListIds": "prefixListIds",
    "Add": "add",
    "Remove": "remove",
}
RENAMED: dict[tuple[str, str], str] = {
    ("CreateSecurityGroup", "Description"): "groupDescription",
    ("CreateVolume", "AvailabilityZone"): "zone",
    ("CreateNetworkInterface", "Groups"): "groupSet",
}
# what AWS writes whether or not the caller gave it: sets by name, other values by name=value
ALWAYS: dict[str, str] = {
    "AuthorizeSecurityGroupEgress": "ipPermissions",
    "AuthorizeSecurityGroupIngress": "ipPermissions",
    "CreateNetworkInterface": "groupSet privateIpAddressesSet",
    "CreateVpc": "instanceTenancy=default amazonProvidedIpv6CidrBlock=false",
    "DeleteSnapshot": "force=false",
    "DeleteVolume": "reportVolumeFailure=false",
    "DescribeAccountAttributes": "accountAttributeNameSet filterSet",
    "DescribeAddresses": "publicIpsSet filterSet allocationIdsSet",
    "DescribeAvailabilityZones": "availabilityZoneSet availabilityZoneIdSet filterSet",
    "DescribeCustomerGateways": "customerGatewaySet filterSet",
    "DescribeDhcpOptions": "dhcpOptionsSet filterSet",
    "DescribeImages": "executableBySet imagesSet ownersSet filterSet includeDeprecated=false",
    "DescribeInstanceStatus": "instancesSet filterSet includeAllInstances=false",
    "DescribeInstances": "instancesSet filterSet",
    "DescribeInternetGateways": "internetGatewayIdSet filterSet",
    "DescribeKeyPairs": "keySet filterSet keyPairIdSet includePublicKey=false",
    "DescribeNetworkAcls": "networkAclIdSet filterSet",
    "DescribeNetworkInterfaces": "networkInterfaceIdSet filterSet",
    "DescribePlacementGroups": "placementGroupSet placementGroupIdSet filterSet",
    "DescribeRegions": "regionSet",
    "DescribeRouteTables": "routeTableIdSet filterSet",
    "DescribeSecurityGroups": "securityGroupSet securityGroupIdSet filterSet",
    "DescribeSnapshots": "snapshotSet ownersSet sharedUsersSet filterSet",
    "DescribeSubnets": "subnetSet filterSet",
    "DescribeTags": "filterSet",
    "DescribeVolumeStatus": "volumeSet filterSet",
    "DescribeVolumes": "volumeSet filterSet",
    "DescribeVpcClassicLink": "vpcSet filterSet",
    "DescribeVpcPeeringConnections": "vpcPeeringConnectionIdSet filterSet",
    "DescribeVpcs": "vpcSet filterSet",
    "DescribeVpnConnections": "vpnConnectionSet filterSet",
    "DescribeVpnGateways": "vpnGatewaySet filterSet",
    "RegisterImage": "blockDeviceMapping sriovNetSupport=simple enaSupport=false",
    "RevokeSecurityGroupEgress": "ipPermissions",
    "RevokeSecurityGroupIngress": "ipPermissions",
    "RunInstances": "instancesSet blockDeviceMapping monitoring disableApiTermination=false disableApiStop=false"
    " ebsOptimized=false hibernationOptions",
}


def always(operation: str) -> dict[str, Any]:
    """What a classic operation's record always has, as far as the caller gives nothing else."""
    found: dict[str, Any] = {}
    for word in ALWAYS.get(operation, "").split():
        name, is_value, value = word.partition("=")
        found[name] = {"true": True, "false": False}.get(value, value) if is_value else dict(EMPTY.get(name, {}))
    return found


EMPTY: dict[str, dict[str, Any]] = {"monitoring": {"enabled": False}, "hibernationOptions": {"configured": False}}
