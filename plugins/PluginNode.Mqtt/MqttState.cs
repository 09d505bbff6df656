namespace PluginNode.Mqtt;

/// <summary>Where a client is.</summary>
public enum MqttPhase
{
    /// <summary>Not started, or stopped.</summary>
    Stopped,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>The broker has taken the connection.</summary>
    Connected,

    /// <summary>There is no connection; the next try is in <see cref="MqttState.RetryIn"/>.</summary>
    Waiting,
}

/// <summary>The state of a client, and why.</summary>
/// <param name="Phase">Where it is.</param>
/// <param name="Reason">Connected: success. Waiting: why the last connection ended or was not made.</param>
/// <param name="Text">The same for people, one line, with what to do where something can be done.</param>
/// <param name="RetryIn">Waiting: from the change to this state on.</param>
/// <param name="Version">Connected: what is spoken.</param>
/// <param name="SessionPresent">Connected: the broker had kept the session.</param>
/// <param name="MaximumPacketBytes">Connected: the largest packet that the broker takes, as far as it said so.</param>
public sealed record MqttState(
    MqttPhase Phase, MqttReason Reason = MqttReason.Success, string Text = "", TimeSpan RetryIn = default,
    MqttVersion? Version = null, bool SessionPresent = false, long MaximumPacketBytes = long.MaxValue);
