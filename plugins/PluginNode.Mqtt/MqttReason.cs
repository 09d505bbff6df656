namespace PluginNode.Mqtt;

/// <summary>
/// Reason codes (5.0 §2.4); from <see cref="Unspecified"/> on they are failures. Return codes of 3.1.1 are told as the
/// ones that mean the same. A broker may send others, which are kept as numbers.
/// </summary>
public enum MqttReason
{
    /// <summary>Success; also: normal disconnection, granted QoS 0.</summary>
    Success = 0x00,

    /// <summary>Granted QoS 1.</summary>
    GrantedQos1 = 0x01,

    /// <summary>Granted QoS 2, which this client never asks for.</summary>
    GrantedQos2 = 0x02,

    /// <summary>Disconnect, and let the last will be published.</summary>
    DisconnectWithWill = 0x04,

    /// <summary>Taken; nobody is subscribed.</summary>
    NoMatchingSubscribers = 0x10,

    /// <summary>There was no such subscription.</summary>
    NoSubscriptionExisted = 0x11,

    /// <summary>Failure without a nearer reason.</summary>
    Unspecified = 0x80,

    /// <summary>A packet that cannot be read.</summary>
    MalformedPacket = 0x81,

    /// <summary>A packet that may not come here, or says what it may not say.</summary>
    ProtocolError = 0x82,

    /// <summary>The receiver does not do this.</summary>
    ImplementationSpecific = 0x83,

    /// <summary>The broker does not speak this version.</summary>
    UnsupportedProtocolVersion = 0x84,

    /// <summary>The client id is not allowed.</summary>
    ClientIdNotValid = 0x85,

    /// <summary>Wrong user name or password.</summary>
    BadUserNameOrPassword = 0x86,

    /// <summary>Not allowed.</summary>
    NotAuthorized = 0x87,

    /// <summary>The broker is not available.</summary>
    ServerUnavailable = 0x88,

    /// <summary>The broker is busy.</summary>
    ServerBusy = 0x89,

    /// <summary>This client is banned.</summary>
    Banned = 0x8A,

    /// <summary>The broker is shutting down.</summary>
    ServerShuttingDown = 0x8B,

    /// <summary>The authentication method is not supported.</summary>
    BadAuthenticationMethod = 0x8C,

    /// <summary>Nothing came within one and a half keep-alive times.</summary>
    KeepAliveTimeout = 0x8D,

    /// <summary>Another client with the same client id has connected.</summary>
    SessionTakenOver = 0x8E,

    /// <summary>The topic filter is not allowed.</summary>
    TopicFilterInvalid = 0x8F,

    /// <summary>The topic name is not allowed.</summary>
    TopicNameInvalid = 0x90,

    /// <summary>The packet id is in use.</summary>
    PacketIdInUse = 0x91,

    /// <summary>The packet id is not known.</summary>
    PacketIdNotFound = 0x92,

    /// <summary>More unacknowledged messages than the receive maximum.</summary>
    ReceiveMaximumExceeded = 0x93,

    /// <summary>The topic alias is not valid.</summary>
    TopicAliasInvalid = 0x94,

    /// <summary>Larger than the maximum packet size.</summary>
    PacketTooLarge = 0x95,

    /// <summary>Too many messages.</summary>
    MessageRateTooHigh = 0x96,

    /// <summary>A quota is used up.</summary>
    QuotaExceeded = 0x97,

    /// <summary>Ended by an administrator.</summary>
    AdministrativeAction = 0x98,

    /// <summary>The payload is not of the format that it says.</summary>
    PayloadFormatInvalid = 0x99,

    /// <summary>Retained messages are not supported.</summary>
    RetainNotSupported = 0x9A,

    /// <summary>This QoS is not supported.</summary>
    QosNotSupported = 0x9B,

    /// <summary>Use another server for now.</summary>
    UseAnotherServer = 0x9C,

    /// <summary>The server has moved for good.</summary>
    ServerMoved = 0x9D,

    /// <summary>Shared subscriptions are not supported.</summary>
    SharedSubscriptionsNotSupported = 0x9E,

    /// <summary>Connections come too fast.</summary>
    ConnectionRateExceeded = 0x9F,

    /// <summary>The connection has lasted as long as it may.</summary>
    MaximumConnectTime = 0xA0,

    /// <summary>Subscription identifiers are not supported.</summary>
    SubscriptionIdsNotSupported = 0xA1,

    /// <summary>Wildcard subscriptions are not supported.</summary>
    WildcardSubscriptionsNotSupported = 0xA2,
}
