using System.Buffers;
using System.Text.Json;
using PluginNode.Events;

namespace PluginNode.MeshHttp.Client;

/// <summary>
/// Cuts a response with events into its members while it arrives, so that garbage is given up at once. It looks into
/// events for their ids and timestamps alone; whether they are events is for verification to say.
/// </summary>
/// <param name="maxEvents">How many are taken at most.</param>
internal sealed class EventsDecoder(int maxEvents)
{
    // an event's own data is at most 32 deep
    private const int MaxDepth = 40;

    private readonly List<Range> _events = [];
    private readonly List<long> _times = [];
    private readonly List<EventMark> _marks = [];
    private readonly ArrayBufferWriter<byte> _ids = new();
    private readonly HashSet<Member> _met = [];
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth });
    private Member _member;
    private EventMember _eventMember;
    private EventId? _id;
    private long? _time;
    private int _consumed, _start;
    private bool _inEvents, _ended;

    private enum Member { Other, From, Events, NextCursor, Ts, Sig }

    private enum EventMember { Other, Id, Ts }

    /// <summary>Why it is no such response; null so far.</summary>
    public string? Problem { get; private set; }

    public string From { get; private set; } = "";

    public string? NextCursor { get; private set; }

    /// <summary>Seconds.</summary>
    public long Ts { get; private set; }

    public string Signature { get; private set; } = "";

    /// <summary>Where the events stand in the body.</summary>
    public IReadOnlyList<Range> Events => _events;

    /// <summary>Timestamps of those events that have one.</summary>
    public IReadOnlyList<long> Times => _times;

    /// <summary>Of those events that have a well-formed id and a timestamp.</summary>
    public IReadOnlyList<EventMark> Marks => _marks;

    /// <summary>All ids as they were sent, without anything between them.</summary>
    public ReadOnlySpan<byte> Ids => _ids.WrittenSpan;

    /// <summary>Looks at what has arrived since. False: there is a <see cref="Problem"/>.</summary>
    /// <param name="body">All that has arrived from the beginning on.</param>
    /// <param name="isWhole">Nothing more comes.</param>
    public bool Look(ReadOnlySpan<byte> body, bool isWhole)
    {
        try
        {
            var reader = new Utf8JsonReader(body[_consumed..], isWhole, _state);
            while (Problem is null && reader.Read()) Take(ref reader);
            _consumed += (int)reader.BytesConsumed;
            _state = reader.CurrentState;
            if (isWhole && !_ended) Problem ??= "it ends too early";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            Problem = $"it is not JSON: {e.Message}";
        }
        return Problem is null;
    }

    private void Take(ref Utf8JsonReader reader)
    {
        switch (reader.CurrentDepth)
        {
            case 0:
                if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
                    Problem = "it is no object";
                _ended = reader.TokenType == JsonTokenType.EndObject;
                break;
            case 1:
                TakeMember(ref reader);
                break;
            case 2 when _inEvents:
                TakeEvent(ref reader);
                break;
            case 3 when _inEvents:
                TakeOfEvent(ref reader);
                break;
        }
    }

    private void TakeMember(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _member = MemberOf(reader);
            if (_member != Member.Other && !_met.Add(_member)) Problem = $"'{_member}' stands there twice";
            return;
        }
        if (reader.TokenType == JsonTokenType.Null) return;
        switch (_member)
        {
            case Member.Events when reader.TokenType == JsonTokenType.StartArray:
                _inEvents = true;
                break;
            case Member.Events when reader.TokenType == JsonTokenType.EndArray:
                _inEvents = false;
                break;
            case Member.From when reader.TokenType == JsonTokenType.String:
                From = reader.GetString()!;
                break;
            case Member.NextCursor when reader.TokenType == JsonTokenType.String:
                NextCursor = reader.GetString()!;
                break;
            case Member.Sig when reader.TokenType == JsonTokenType.String:
                Signature = reader.GetString()!;
                break;
            case Member.Ts when reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var ts):
                Ts = ts;
                break;
            case Member.Other:
                break;
            default:
                Problem = $"'{_member}' is of another type";
                break;
        }
    }

    private void TakeEvent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray))
            _start = _consumed + (int)reader.TokenStartIndex;
        _eventMember = EventMember.Other;
        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            (_id, _time) = (null, null);
            return;
        }
        if (reader.TokenType == JsonTokenType.EndObject && _id is { } id && _time is { } time)
            _marks.Add(new EventMark(id, time));
        _events.Add(_start..(_consumed + (int)reader.BytesConsumed));
        if (_events.Count > maxEvents) Problem = $"it holds more than {maxEvents} events";
    }

    private void TakeOfEvent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            _eventMember = MemberName.Is(reader, "id"u8) ? EventMember.Id
                : MemberName.Is(reader, "ts"u8) ? EventMember.Ts : EventMember.Other;
            return;
        }
        if (_eventMember == EventMember.Id && reader.TokenType == JsonTokenType.String)
        {
            var length = reader.ValueSpan.Length;
            var text = _ids.GetSpan(Math.Max(1, length));
            var written = reader.CopyString(text);
            _id = EventId.TryParse(text[..written], out var id) ? id : null;
            _ids.Advance(written);
        }
        else if (_eventMember == EventMember.Ts && reader.TokenType == JsonTokenType.Number
            && reader.TryGetInt64(out var time))
        {
            _times.Add(time);
            _time = time;
        }
    }

    private static Member MemberOf(in Utf8JsonReader reader) =>
        MemberName.Is(reader, "from"u8) ? Member.From
        : MemberName.Is(reader, "events"u8) ? Member.Events
        : MemberName.Is(reader, "next_cursor"u8) ? Member.NextCursor
        : MemberName.Is(reader, "ts"u8) ? Member.Ts
        : MemberName.Is(reader, "sig"u8) ? Member.Sig
        : Member.Other;
}
