extern alias mqtt;

using System.Text.Json;
using mqtt::PluginNode.Mqtt;
using PluginNode.FileStore;
using PluginNode.Fuzz.Machine;
using PluginNode.Libp2p;
using PluginNode.MeshHttp;
using PluginNode.Plugins;

namespace PluginNode.Fuzz.Targets;

/// <summary>Every decoder of outside bytes.</summary>
internal static class AllTargets
{
    public static readonly IReadOnlyList<FuzzTarget> List =
    [
        // what other nodes send
        new FrameTarget(), new SignedFramesTarget(), new InboxTarget(),
        new MeshBatchTarget(), new MeshOutcomesTarget(), new MeshRequestTarget(), new MeshResponseTarget(),
        new PingTarget(), new EventTarget(), new EventsAnswerTarget(), new SyncRequestTarget(), new MqttPacketsTarget(),
        new Libp2pFramesTarget(), new Libp2pHandshakeTarget(), new Libp2pMdnsTarget(), new Libp2pMessagesTarget(),
        new Libp2pRequestsTarget(), new Libp2pYamuxTarget(), new MqttFramesTarget(), new MqttLedgerTarget(),
        // what applications send
        new ApiSendTarget(), new ApiBatchTarget(), new ApiAckTarget(), new ApiPeerTarget(),
        // what operators write
        new ConfigurationTarget(), new TextsTarget(), MeshHttpSettings(), Libp2pSettings(), FileStoreSettings(),
        MqttSettings(),
        // what lies on the disk
        new SegmentTarget(), new SealedTarget(), new RecordsTarget(),
    ];

    /// <summary>The one of that name, or every one for <c>all</c>; none where there is none.</summary>
    public static IReadOnlyList<FuzzTarget> Named(string name) =>
        [.. List.Where(t => name == "all" || t.Name == name)];

    private static SettingsTarget MeshHttpSettings() => new(
        "mesh-http", () => new MeshHttpPlugin(),
        settings => JsonSerializer.Serialize(
            SettingsReader.Read(settings, MeshHttpJson.Default.MeshHttpOptions, o => o.Validate()),
            MeshHttpJson.Default.MeshHttpOptions),
        "{}", """{"listen":"http://127.0.0.1:0","name":"alpha"}""",
        """
        {"listen":"","sendTimeout":"250ms","connectTimeout":"1m","maxBatchBytes":4096,"maxConnections":1,
         "maxConnectionsPerAddress":65535}
        """);

    private static SettingsTarget Libp2pSettings() => new(
        "libp2p", () => new Libp2pPlugin(),
        settings => JsonSerializer.Serialize(
            SettingsReader.Read(settings, Libp2pJson.Default.Libp2pOptions, o => o.Validate()),
            Libp2pJson.Default.Libp2pOptions),
        "{}", """{"listen":["/ip4/0.0.0.0/tcp/4001","/ip6/::1/tcp/0"],"announce":["/dns4/node.example/tcp/4001"]}""",
        """
        {"maxBatchBytes":4096,"maxConnections":1,"maxConnectionsPerAddress":65535,"maxHandshakes":2,"maxStreams":16,
         "sendTimeout":"250ms","dialTimeout":"1s","handshakeTimeout":"1m","idleTimeout":"24h","mdns":true}
        """);

    private static SettingsTarget FileStoreSettings() => new(
        "file-store", () => new FileStorePlugin(),
        settings => JsonSerializer.Serialize(
            SettingsReader.Read(settings, FileStoreJson.Default.FileStoreOptions, o => o.Validate()),
            FileStoreJson.Default.FileStoreOptions),
        "{}", """{"folder":"s","segmentBytes":65536}""");

    private static SettingsTarget MqttSettings() => new(
        "mqtt", () => new MqttPlugin(),
        settings => JsonSerializer.Serialize(
            SettingsReader.Read(settings, MqttJson.Default.MqttOptions, o => o.Validate()),
            MqttJson.Default.MqttOptions),
        "{}", """{"broker":"mqtt://127.0.0.1:1883","protocol":"3.1.1","clientId":"alpha"}""",
        """
        {"broker":"mqtts://[::1]","user":"u","passwordFile":"p","caFile":"ca.pem","certificateFile":"c.pem",
         "keyFile":"k.pem","keepAlive":"1s","connectTimeout":"250ms","sendTimeout":"50s","maxPacketBytes":65536,
         "maxQueuedBytes":1073741824,"presence":false}
        """);
}
