namespace PluginNode.MeshHttp.Wire;

/// <summary>What the calls of event sync are called where they go as requests over other transports; the bodies are
/// those of HTTP.</summary>
internal static class SyncProtocols
{
    /// <summary>The same as <see cref="NaraHead.EventsPath"/>.</summary>
    public const string Events = "/pluginnode/events/1.0.0";

    /// <summary>The same as <see cref="SyncProof.DaysPath"/>.</summary>
    public const string Days = "/pluginnode/days/1.0.0";

    /// <summary>The protocol for a path.</summary>
    public static string Of(string path) => path == SyncProof.DaysPath ? Days : Events;
}
