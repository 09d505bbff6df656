using System.Security.Cryptography.X509Certificates;
using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt;

/// <summary>Which protocol versions a client speaks.</summary>
public enum MqttProtocol
{
    /// <summary>5.0; 3.1.1 where the broker refuses 5.0 or closes without an answer. A refusal is remembered until the
    /// client ends, a silent close is not.</summary>
    V5ThenV311,

    /// <summary>5.0 only.</summary>
    V5,

    /// <summary>3.1.1 only.</summary>
    V311,
}

/// <summary>TLS to the broker.</summary>
public sealed record MqttTlsOptions
{
    /// <summary>The name that the broker's certificate must have; default: the host.</summary>
    public string? TargetHost { get; init; }

    /// <summary>The only authorities that are trusted; default: the system's.</summary>
    public X509Certificate2Collection? Authorities { get; init; }

    /// <summary>This client's certificate with its private key, where the broker asks for one.</summary>
    public X509Certificate2? ClientCertificate { get; init; }
}

/// <summary>How a client connects, and its bounds.</summary>
public sealed record MqttClientOptions
{
    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>1 to 65 535; default 1883.</summary>
    public int Port { get; init; } = 1883;

    /// <summary>Names the session; 1 to 65 535 bytes, one client at a time. Brokers must take 1 to 23 letters and
    /// digits (5.0 §3.1.3.1), most take more.</summary>
    public required string ClientId { get; init; }

    /// <summary>Null: none.</summary>
    public string? UserName { get; init; }

    /// <summary>At most 65 535 bytes; null: none. With 3.1.1 only beside a user name.</summary>
    public ReadOnlyMemory<byte>? Password { get; init; }

    /// <summary>Null: no TLS.</summary>
    public MqttTlsOptions? Tls { get; init; }

    /// <summary>Default 5.0, then 3.1.1.</summary>
    public MqttProtocol Protocol { get; init; }

    /// <summary>The last will (5.0 §3.1.2.5); payload at most 65 535 bytes. Null: none.</summary>
    public MqttMessage? Will { get; init; }

    /// <summary>5.0: how long the broker waits with the will, in whole seconds; default 0.</summary>
    public TimeSpan WillDelay { get; init; }

    /// <summary>Default 30 s; 1 s to 65 535 s. The broker may order another one (5.0 §3.2.2.3.14).</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the broker keeps the session without a connection, in whole seconds; default 0: it begins anew
    /// each time. Any more is "not clean" with 3.1.1, which knows no time.</summary>
    public TimeSpan SessionExpiry { get; init; }

    /// <summary>Messages of QoS 1 that are received and not yet acknowledged, over all subscriptions; default 64; 1 to
    /// 65 535. 5.0 tells the broker (§3.1.2.11.3); no more is read meanwhile, whatever it sends.</summary>
    public int ReceiveMaximum { get; init; } = 64;

    /// <summary>The largest packet that is taken, in bytes; default 1 MiB; 1 024 to 268 435 455. 5.0 tells the broker
    /// (§3.1.2.11.4); a larger one ends the connection.</summary>
    public int MaximumPacketBytes { get; init; } = 1 << 20;

    /// <summary>Messages of QoS 1 that are sent and not yet acknowledged; default 256; 1 to 32 767. The broker's
    /// receive maximum may make it less.</summary>
    public int MaxInFlight { get; init; } = 256;

    /// <summary>Messages that wait to be sent; further publishers wait. Default 1 024; at least 1.</summary>
    public int MaxQueuedMessages { get; init; } = 1024;

    /// <summary>Bytes that wait to be sent or acknowledged, about; further publishers wait, but a single message is
    /// always taken. Default 16 MiB; at least 1.</summary>
    public long MaxQueuedBytes { get; init; } = 16 << 20;

    /// <summary>Received messages of QoS 0 that wait for the handler of a subscription; further ones are dropped and
    /// counted. Default 1 024; at least 1.</summary>
    public int MaxWaitingMessages { get; init; } = 1024;

    /// <summary>The same in bytes; default 4 MiB; at least 1.</summary>
    public long MaxWaitingBytes { get; init; } = 4 << 20;

    /// <summary>How long a handler has for a message until it is cancelled; default 30 s; over 0. After twice that the
    /// message is given up.</summary>
    public TimeSpan HandlerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For TCP, TLS and the answer to CONNECT together; default 10 s; over 0.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest first wait after a connection broke; it doubles with each failure, and what is waited is
    /// evenly random below it. Default 1 s; over 0.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the doubling ends; a connection that lasted as long resets it. Default 60 s.</summary>
    public TimeSpan MostRetry { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The wait where trying soon is no use: wrong credentials, not allowed, client id refused, session taken
    /// over. Half of it to all of it, at random. Default 5 min; over 0.</summary>
    public TimeSpan RefusedRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Host and port as people write them: an IPv6 address in brackets.</summary>
    internal string Endpoint => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Every problem, one line each that begins with the option's name.</summary>
    public IReadOnlyList<string> Validate()
    {
        var problems = new List<string>();
        Check(Host.Length > 0, "Host: empty");
        Check(Port is > 0 and <= 65_535, "Port: from 1 to 65 535");
        Check(ClientId.Length > 0, "ClientId: empty");
        CheckText("ClientId", ClientId);
        CheckText("UserName", UserName);
        Check(Password is not { Length: > ushort.MaxValue }, "Password: at most 65 535 bytes");
        Check(Password is null || UserName is not null || Protocol == MqttProtocol.V5,
            "Password: without UserName only with V5");
        if (Will?.Problem() is { } will) problems.Add($"Will: {will}");
        Check(Will is not { Payload.Length: > ushort.MaxValue }, "Will: a payload of at most 65 535 bytes");
        CheckSeconds("WillDelay", WillDelay);
        CheckSeconds("SessionExpiry", SessionExpiry);
        Check(KeepAlive.TotalSeconds is >= 1 and <= 65_535, "KeepAlive: from 1 s to 65 535 s");
        Check(ReceiveMaximum is > 0 and <= 65_535, "ReceiveMaximum: from 1 to 65 535");
        Check(MaximumPacketBytes is >= 1024 and <= PacketFraming.MostRemaining,
            "MaximumPacketBytes: from 1 024 to 268 435 455");
        Check(MaxInFlight is > 0 and <= 32_767, "MaxInFlight: from 1 to 32 767");
        Check(MaxQueuedMessages > 0, "MaxQueuedMessages: at least 1");
        Check(MaxQueuedBytes > 0, "MaxQueuedBytes: at least 1");
        Check(MaxWaitingMessages > 0, "MaxWaitingMessages: at least 1");
        Check(MaxWaitingBytes > 0, "MaxWaitingBytes: at least 1");
        CheckWait("HandlerTimeout", HandlerTimeout);
        CheckWait("ConnectTimeout", ConnectTimeout);
        CheckWait("FirstRetry", FirstRetry);
        CheckWait("RefusedRetry", RefusedRetry);
        CheckWait("MostRetry", MostRetry);
        Check(MostRetry >= FirstRetry, "MostRetry: at least FirstRetry");
        return problems;

        void Check(bool holds, string problem)
        {
            if (!holds) problems.Add(problem);
        }

        void CheckText(string name, string? text)
        {
            if (text is not null && TopicText.ProblemOfText(text) is { } problem) problems.Add($"{name}: {problem}");
        }

        void CheckSeconds(string name, TimeSpan time) =>
            Check(time >= TimeSpan.Zero && time.TotalSeconds <= uint.MaxValue, $"{name}: from 0 to 2^32 − 1 seconds");

        void CheckWait(string name, TimeSpan time) =>
            Check(time > TimeSpan.Zero && time <= TimeSpan.FromDays(1), $"{name}: over 0, at most a day");
    }
}
