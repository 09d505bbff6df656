using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text.Json;
using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>Reads one event; for one use. Throws <see cref="JsonException"/> where the bytes are no JSON.</summary>
internal ref struct EventReader(ReadOnlySpan<byte> json, EventKinds kinds, NameCache names)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = CanonicalJson.MaxDepth + 1 };

    private readonly ReadOnlySpan<byte> _json = json;
    private EventKinds.Known? _kind;
    private Members _seen;
    private EventId _id;
    private long _timestamp;
    private string _service = "", _emitter = "", _emitterId = "";
    private SignatureBytes _signature;
    private int _signatureLength;
    private Range _data;
    private EventDecoding? _refusal;

    [Flags]
    private enum Members
    {
        None = 0,
        Id = 1,
        Timestamp = 2,
        Service = 4,
        Emitter = 8,
        EmitterId = 16,
        Signature = 32,
        Data = 64,
    }

    [InlineArray(ISigner.SignatureBytes)]
    private struct SignatureBytes
    {
        private byte _first;
    }

    public EventDecoding Read()
    {
        var reader = new Utf8JsonReader(_json, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return EventDecoding.Refused(EventVerdict.Malformed, "it is no object");
        var early = false; // members that came before the service, and may be its data
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = MemberAt(in reader);
            if (member == Members.None)
            {
                early |= _kind is null;
                reader.Skip();
            }
            else if (!Once(member) || !Take(member, ref reader)) return _refusal!.Value;
        }
        _ = reader.Read(); // throws where something follows
        if (early && _kind is not null && !FindData()) return _refusal!.Value;
        return Complete();
    }

    private readonly Members MemberAt(in Utf8JsonReader reader)
    {
        if (MemberName.Is(in reader, "id"u8)) return Members.Id;
        if (MemberName.Is(in reader, "ts"u8)) return Members.Timestamp;
        if (MemberName.Is(in reader, "svc"u8)) return Members.Service;
        if (MemberName.Is(in reader, "emitter"u8)) return Members.Emitter;
        if (MemberName.Is(in reader, "emitter_id"u8)) return Members.EmitterId;
        if (MemberName.Is(in reader, "sig"u8)) return Members.Signature;
        return _kind is not null && MemberName.Is(in reader, _kind.Member) ? Members.Data : Members.None;
    }

    // Which of two is meant, every reader might answer in another way.
    private bool Once(Members member)
    {
        if ((_seen & member) != Members.None)
            return Refuse(EventVerdict.Malformed, $"the member {NameOf(member)} stands there twice");
        _seen |= member;
        return true;
    }

    private bool Take(Members member, ref Utf8JsonReader reader)
    {
        _ = reader.Read();
        switch (member)
        {
            case Members.Data: return TakeData(ref reader);
            case Members.Timestamp: return TakeTimestamp(in reader);
            default: break;
        }
        Span<byte> buffer = stackalloc byte[Event.MaxNameBytes];
        var most = member == Members.Service ? Event.MaxServiceBytes : Event.MaxNameBytes;
        if (!TakeText(member, in reader, buffer[..most], out var length)) return false;
        var text = buffer[..length];
        switch (member)
        {
            case Members.Id: return EventId.TryParse(text, out _id) || Refuse(
                EventVerdict.Malformed, "id: 32 hexadecimal digits in lower case are needed");
            case Members.Service: return TakeService(text);
            case Members.Signature: return TakeSignature(text);
            case Members.Emitter: _emitter = names.Get(text); return true;
            default: _emitterId = names.Get(text); return true;
        }
    }

    // null is an empty text
    private bool TakeText(Members member, in Utf8JsonReader reader, scoped Span<byte> text, out int length)
    {
        const int longestEscape = 6;
        length = 0;
        if (reader.TokenType == JsonTokenType.Null) return true;
        if (reader.TokenType != JsonTokenType.String)
            return Refuse(EventVerdict.Malformed, $"{NameOf(member)}: a text is needed");
        var most = text.Length * (reader.ValueIsEscaped ? longestEscape : 1);
        if (reader.ValueSpan.Length > most) return RefuseTooLong(member, text.Length);
        if (reader.ValueIsEscaped) return TakeEscaped(member, in reader, text, out length);
        reader.ValueSpan.CopyTo(text);
        length = reader.ValueSpan.Length;
        return true;
    }

    private bool TakeEscaped(Members member, in Utf8JsonReader reader, scoped Span<byte> text, out int length)
    {
        length = 0;
        var bytes = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            length = reader.CopyString(bytes);
            if (length > text.Length) return RefuseTooLong(member, text.Length);
            bytes.AsSpan(0, length).CopyTo(text);
            return true;
        }
        catch (InvalidOperationException)
        {
            return Refuse(EventVerdict.Malformed, $"{NameOf(member)}: half a surrogate pair");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private bool RefuseTooLong(Members member, int most) =>
        Refuse(EventVerdict.TooLarge, $"{NameOf(member)}: at most {most} bytes");

    private bool TakeTimestamp(in Utf8JsonReader reader) =>
        (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _timestamp) && _timestamp > 0)
        || Refuse(EventVerdict.Malformed, "ts: nanoseconds since 1970 are needed, a positive 64-bit integer");

    private bool TakeService(scoped ReadOnlySpan<byte> text)
    {
        Span<char> service = stackalloc char[Event.MaxServiceBytes];
        service = service[..System.Text.Encoding.UTF8.GetChars(text, service)];
        _kind = kinds.Find(service);
        _service = _kind.Service.Length > 0 ? _kind.Service : names.Get(text);
        return Event.IsService(_service)
            || Refuse(EventVerdict.Malformed, "svc: 1 to 64 bytes without ':' and control characters are needed");
    }

    private bool TakeSignature(scoped ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty) return true;
        Span<byte> signature = stackalloc byte[ISigner.SignatureBytes + 2];
        // Line ends in it are skipped, as Go's decoder does.
        if (Base64.DecodeFromUtf8(text, signature, out _, out var length) != OperationStatus.Done
            || length != ISigner.SignatureBytes)
            return Refuse(EventVerdict.WrongSignature, "sig: 64 bytes in padded base64 are needed");
        signature[..length].CopyTo(_signature);
        _signatureLength = length;
        return true;
    }

    private bool TakeData(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
            return Refuse(EventVerdict.Malformed, Missing(_kind!));
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        var end = (int)reader.BytesConsumed;
        _data = start..end;
        return end - start <= Event.MaxDataBytes
            || Refuse(EventVerdict.TooLarge, $"the data has at most {Event.MaxDataBytes} bytes");
    }

    private bool FindData()
    {
        var reader = new Utf8JsonReader(_json, Options);
        _ = reader.Read();
        _seen &= ~Members.Data;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!MemberName.Is(in reader, _kind!.Member)) reader.Skip();
            else if (!Once(Members.Data) || !Take(Members.Data, ref reader)) return false;
        }
        return true;
    }

    private readonly EventDecoding Complete()
    {
        foreach (var member in (ReadOnlySpan<Members>)[Members.Id, Members.Timestamp, Members.Service])
            if ((_seen & member) == Members.None)
                return EventDecoding.Refused(EventVerdict.Malformed, $"the member {NameOf(member)} is missing");
        if ((_seen & Members.Data) == Members.None)
            return EventDecoding.Refused(EventVerdict.Malformed, Missing(_kind!));
        ReadOnlySpan<byte> signature = _signature;
        var made = new Event(
            _id, _timestamp, _service, _emitter, _emitterId, signature[.._signatureLength], _json[_data]);
        return new EventDecoding(made, EventVerdict.Valid, null);
    }

    private bool Refuse(EventVerdict verdict, string reason)
    {
        _refusal = EventDecoding.Refused(verdict, reason);
        return false;
    }

    private static string Missing(EventKinds.Known kind) =>
        $"it has no data: the member {System.Text.Encoding.ASCII.GetString(kind.Member)} is missing or null";

    private static string NameOf(Members member) => member switch
    {
        Members.Id => "id",
        Members.Timestamp => "ts",
        Members.Service => "svc",
        Members.Emitter => "emitter",
        Members.EmitterId => "emitter_id",
        Members.Signature => "sig",
        _ => "of the data",
    };
}
