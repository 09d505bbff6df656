using System.Text;
using Google.Protobuf;
using PluginNode.Wire;
using Attribute = PluginNode.Wire.Attribute;

namespace PluginNode.Fuzz.Worlds;

/// <summary>Valid envelopes from the sender to the receiver.</summary>
internal static class SomeEnvelopes
{
    public static Envelope Plain(byte number = 1, string key = "") => new()
    {
        Id = ByteString.CopyFrom([.. Enumerable.Repeat(number, 16)]),
        From = ByteString.CopyFrom(SomeNodes.Sender.Self.ToPublicKey()),
        To = ByteString.CopyFrom(SomeNodes.Receiver.Self.ToPublicKey()),
        Protocol = "/c",
        Level = "critical",
        Key = key,
        CreatedMs = 1_767_225_600_000,
        Payload = ByteString.CopyFrom(Encoding.UTF8.GetBytes($"payload {number}")),
    };

    public static Envelope Full(byte number = 2)
    {
        var envelope = Plain(number, "lane");
        envelope.ExpiresMs = envelope.CreatedMs + 60_000;
        foreach (var name in (string[])["a", "b", "é"])
            envelope.Attributes.Add(new Attribute { Name = name, Value = $"value of {name}" });
        return envelope;
    }

    public static Envelope Empty(byte number = 3) => new(Plain(number)) { Payload = ByteString.Empty, Level = "" };
}
