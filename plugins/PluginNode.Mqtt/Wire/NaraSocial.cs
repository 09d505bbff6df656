using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginNode.Events;

namespace PluginNode.Mqtt.Wire;

/// <summary>A social event in the older form that a ledger response has: without emitter, signature and ids of
/// naras. Timestamps are nanoseconds since 1970.</summary>
internal sealed record NaraSocial(
    long Timestamp, string Type, string Actor, string Target, string Reason, string Witness)
{
    /// <summary>The service of such events.</summary>
    public const string Service = "social";

    /// <summary>The id that it has everywhere, whatever stood beside it: the signed event has the same.</summary>
    public EventId Id => EventId.FromHash(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{Timestamp}:{Service}:{Type}:{Actor}:{Target}:{Reason}:{Witness}"))));

    /// <summary>The older form of an event; null where it is no social one.</summary>
    public static NaraSocial? Of(Event e)
    {
        if (e.Service != Service) return null;
        var social = new NaraSocial(e.Timestamp, "", "", "", "", "");
        var reader = new Utf8JsonReader(e.Data.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (social.Take(ref reader) is { } next) social = next;
            else return null;
        return social;
    }

    /// <summary>Reads what stands behind a member's name, and passes over unknown ones; null where it is of another
    /// type.</summary>
    /// <param name="reader">On the name.</param>
    public NaraSocial? Take(ref Utf8JsonReader reader)
    {
        var member = Is(reader, "type"u8) ? 0 : Is(reader, "actor"u8) ? 1 : Is(reader, "target"u8) ? 2
            : Is(reader, "reason"u8) ? 3 : Is(reader, "witness"u8) ? 4 : Is(reader, "timestamp"u8) ? 5 : -1;
        if (member < 0)
        {
            reader.Skip();
            return this;
        }
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return this;
        if (member == 5)
            return reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var time)
                ? this with { Timestamp = time } : null;
        if (reader.TokenType != JsonTokenType.String) return null;
        var text = reader.GetString()!;
        return member switch
        {
            0 => this with { Type = text },
            1 => this with { Actor = text },
            2 => this with { Target = text },
            3 => this with { Reason = text },
            _ => this with { Witness = text },
        };
    }

    /// <summary>Writes it as nara's ledger responses have it.</summary>
    public void WriteOlder(IBufferWriter<byte> json)
    {
        Write(json, $"{{\"ID\":\"{Id}\",\"Timestamp\":{Timestamp}");
        Write(json, ",\"Type\":"u8, Type);
        Write(json, ",\"Actor\":"u8, Actor);
        Write(json, ",\"Target\":"u8, Target);
        Write(json, ",\"Reason\":"u8, Reason);
        Write(json, ",\"Witness\":"u8, Witness);
        json.Write(",\"Signature\":\"\"}"u8);
    }

    /// <summary>The event that nobody signed, as an event is written everywhere else: hearsay.</summary>
    public byte[] ToUnsignedEvent()
    {
        var json = new ArrayBufferWriter<byte>();
        Write(json, $"{{\"id\":\"{Id}\",\"ts\":{Timestamp},\"svc\":\"{Service}\",\"{Service}\":");
        Write(json, "{\"type\":"u8, Type);
        Write(json, ",\"actor\":"u8, Actor);
        Write(json, ",\"target\":"u8, Target);
        Write(json, ",\"reason\":"u8, Reason);
        if (Witness.Length > 0) Write(json, ",\"witness\":"u8, Witness);
        json.Write("}}"u8);
        return json.WrittenSpan.ToArray();
    }

    private static bool Is(in Utf8JsonReader reader, ReadOnlySpan<byte> name) => MemberName.Is(reader, name);

    private static void Write(IBufferWriter<byte> json, FormattableString text) =>
        Encoding.ASCII.GetBytes(text.ToString(CultureInfo.InvariantCulture), json);

    private static void Write(IBufferWriter<byte> json, ReadOnlySpan<byte> before, string text)
    {
        json.Write(before);
        GoText.Write(text, json);
    }
}
