using System.Buffers;
using System.Text.Json;
using PluginNode.Events;

namespace PluginNode.Mqtt.Wire;

/// <summary><c>{"From","Subjects"}</c>: who asks, and whom it wants events of. Nobody signs it.</summary>
internal sealed record NaraLedgerRequest(string From, IReadOnlyList<string>? Subjects)
{
    public byte[] ToJson()
    {
        var json = new ArrayBufferWriter<byte>();
        json.Write("{\"From\":"u8);
        GoText.Write(From, json);
        json.Write(Subjects is null ? ",\"Subjects\":null"u8 : ",\"Subjects\":["u8);
        for (var i = 0; i < Subjects?.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            GoText.Write(Subjects[i], json);
        }
        json.Write(Subjects is null ? "}"u8 : "]}"u8);
        return json.WrittenSpan.ToArray();
    }

    /// <summary>Null for what is none.</summary>
    public static NaraLedgerRequest? Read(ReadOnlySpan<byte> json)
    {
        var (from, subjects) = ("", (List<string>?)null);
        return NaraLedger.ReadMembers(json, "subjects"u8, ref from, (ref Utf8JsonReader reader) =>
        {
            subjects = [];
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.String || subjects.Count == NaraLedger.MostSubjects) return false;
                subjects.Add(reader.GetString()!);
            }
            return true;
        }) ? new NaraLedgerRequest(from, subjects) : null;
    }
}

/// <summary><c>{"From","Events"}</c>: who answers, and social events in the older form. Nobody signs it.</summary>
internal sealed record NaraLedgerResponse(string From, IReadOnlyList<NaraSocial> Events)
{
    public byte[] ToJson()
    {
        var json = new ArrayBufferWriter<byte>();
        json.Write("{\"From\":"u8);
        GoText.Write(From, json);
        json.Write(Events.Count == 0 ? ",\"Events\":null"u8 : ",\"Events\":["u8);
        for (var i = 0; i < Events.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            Events[i].WriteOlder(json);
        }
        json.Write(Events.Count == 0 ? "}"u8 : "]}"u8);
        return json.WrittenSpan.ToArray();
    }

    /// <summary>Cuts what is to be told into responses, in its order; one without events where there are
    /// none.</summary>
    /// <param name="events">What is to be told.</param>
    /// <param name="mostEvents">Of one response.</param>
    /// <param name="mostBytes">Of one response, about, unless a single event has more.</param>
    public static IEnumerable<List<NaraSocial>> Cut(
        IReadOnlyList<NaraSocial> events, int mostEvents, long mostBytes)
    {
        var (part, bytes, one) = (new List<NaraSocial>(), 0L, new ArrayBufferWriter<byte>());
        foreach (var social in events)
        {
            one.ResetWrittenCount();
            social.WriteOlder(one);
            if (part.Count > 0 && (part.Count == mostEvents || bytes + one.WrittenCount > mostBytes))
            {
                yield return part;
                (part, bytes) = ([], 0);
            }
            part.Add(social);
            bytes += one.WrittenCount + 1;
        }
        if (part.Count > 0 || events.Count == 0) yield return part;
    }

    /// <summary>Null for what is none.</summary>
    public static NaraLedgerResponse? Read(ReadOnlySpan<byte> json)
    {
        var (from, events) = ("", new List<NaraSocial>());
        return NaraLedger.ReadMembers(json, "events"u8, ref from, (ref Utf8JsonReader reader) =>
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject || events.Count == LedgerQuery.MostEvents)
                    return false;
                var social = new NaraSocial(0, "", "", "", "", "");
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                    if (social.Take(ref reader) is { } next) social = next;
                    else return false;
                events.Add(social);
            }
            return true;
        }) ? new NaraLedgerResponse(from, events) : null;
    }
}

/// <summary>What reading both has in common: names in any case, nulls change nothing, unknown members are passed over,
/// as Go's decoder has it.</summary>
internal static class NaraLedger
{
    /// <summary>Most names of a request that is read.</summary>
    public const int MostSubjects = 20_000;

    /// <summary>Reads the elements of the list.</summary>
    /// <param name="reader">On its beginning.</param>
    public delegate bool ListReader(ref Utf8JsonReader reader);

    /// <summary>False for what is no such object.</summary>
    public static bool ReadMembers(
        ReadOnlySpan<byte> json, ReadOnlySpan<byte> list, ref string from, ListReader readList)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isFrom, isList) = (MemberName.Is(reader, "from"u8), MemberName.Is(reader, list));
                if (!isFrom && !isList)
                {
                    reader.Skip();
                    continue;
                }
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null) continue;
                if (isFrom && reader.TokenType == JsonTokenType.String) from = reader.GetString()!;
                else if (!isList || reader.TokenType != JsonTokenType.StartArray || !readList(ref reader)) return false;
            }
            return !reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // not JSON, or a text that is not UTF-8 or has half a surrogate pair
            return false;
        }
    }
}
