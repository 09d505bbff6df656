using PluginNode.Identity;
using PluginNode.Storage;
using PluginNode.Storage.Records;

namespace PluginNode.Delivery;

/// <summary>One envelope in the outbox. Its content never changes; the rest is owned by the delivery loop.</summary>
internal sealed class Message
{
    public required Guid Id { get; init; }
    public required PeerId To { get; init; }
    public required string Protocol { get; init; }
    public required DeliveryLevel Level { get; init; }
    public required string Key { get; init; }
    public required DateTimeOffset Created { get; init; }
    public DateTimeOffset? Expires { get; init; }

    /// <summary>In node time; 0: never.</summary>
    public long ExpiresAt { get; set; }
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }
    public int PayloadBytes { get; init; }

    /// <summary>Of what the caller gave, where the id is the caller's own; else 0.</summary>
    public UInt128 Digest { get; init; }
    public bool CallerId { get; init; }

    /// <summary>Names it in lists and, where it is stored, its record.</summary>
    public required long Sequence { get; set; }
    public bool Stored { get; set; }

    /// <summary>Null: it is read from the store when it is sent.</summary>
    public ReadOnlyMemory<byte>? Payload { get; set; }

    public MessageState State { get; set; }
    public string? Reason { get; set; }
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>When it became a dead letter, in node time: what their keeping is counted in.</summary>
    public long DiedAt { get; set; }

    /// <summary>The dead mark's record; 0 while there is none.</summary>
    public long Mark { get; set; }
    public ulong Position { get; set; }

    /// <summary>Node time before which it is not sent again by itself; 0: at once.</summary>
    public long NotBefore { get; set; }

    /// <summary>Failed attempts that count against its level's schedule.</summary>
    public int Failures { get; set; }

    /// <summary>Whether some attempt's outcome stayed unknown, so that it may have arrived.</summary>
    public bool Uncertain { get; set; }

    /// <summary>What to do when the window that it is in comes back without a verdict.</summary>
    public (MessageState State, string Reason)? EndAfterFlight { get; set; }
    public History? History { get; set; }

    /// <summary>Whether its lane waits until its end is on stable storage.</summary>
    public bool HoldsLane { get; set; }

    /// <summary>Who waits for its end.</summary>
    public Signal? Ended { get; set; }

    public (PeerId To, string Key) Lane => (To, Key);

    public bool Live => State is MessageState.Waiting or MessageState.Sending;
    public BodyKey BodyKey =>
        new(new RecordKey((byte)Collection.Outbox, Id, Sequence), RecordSealer.SealedBytes(PayloadBytes));

    /// <summary>What it counts for against the limits.</summary>
    public long Bytes => MessageSize.Of(PayloadBytes, Attributes);

    /// <summary>Where it counts; only <see cref="Usage"/> changes it.</summary>
    public Room Room { get; set; }

    /// <summary>
    /// The same envelope to be sent once more, under another sequence. Another object: the one that ended may still
    /// stand in its lane, and would be sent from that place with the position of this one. It does not expire again,
    /// for who asks wants it delivered now; the envelope itself stays as it was.
    /// </summary>
    public Message Again(long sequence) => new()
    {
        Id = Id, To = To, Protocol = Protocol, Level = Level, Key = Key, Created = Created, Expires = Expires,
        Attributes = Attributes, PayloadBytes = PayloadBytes, Digest = Digest, CallerId = CallerId,
        Sequence = sequence, Stored = true, Uncertain = Uncertain, History = History,
    };

    public OutboxHeader ToHeader()
    {
        var header = new OutboxHeader
        {
            To = Bytes16.Wrap(To.ToPublicKey()),
            Protocol = Protocol,
            Level = Level.Name,
            Key = Key,
            CreatedMs = Created.ToUnixTimeMilliseconds(),
            ExpiresMs = Expires?.ToUnixTimeMilliseconds() ?? 0,
            ExpiresAt = ExpiresAt,
            Memory = !Level.Persisted,
            PayloadBytes = PayloadBytes,
        };
        if (CallerId) header.Digest = Bytes16.Write(Digest);
        foreach (var (name, value) in Attributes) header.Attributes.Add(new StoredAttribute { Name = name, Value = value });
        return header;
    }

    public static Message FromHeader(RecordKey key, OutboxHeader header, DeliveryLevel level) => new()
    {
        Id = key.Id,
        Sequence = key.Sequence,
        Stored = true,
        To = PeerId.FromPublicKey(header.To.Span),
        Protocol = header.Protocol,
        Level = level,
        Key = header.Key,
        Created = DateTimeOffset.FromUnixTimeMilliseconds(header.CreatedMs),
        Expires = header.ExpiresMs == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(header.ExpiresMs),
        ExpiresAt = header.ExpiresAt,
        Attributes = StoredAttributes.Read(header.Attributes),
        PayloadBytes = header.PayloadBytes,
        CallerId = header.Digest.Length == 16,
        Digest = Bytes16.Read(header.Digest),
        Uncertain = true, // whether it was sent before the restart is not known
    };

    public MessageView ToView(DateTimeOffset? nextAttempt) => new(
        Id, To, Protocol, Level.Name, Key, State, Stored, Created, Expires, PayloadBytes, Attributes, Reason, EndedAt,
        nextAttempt, History?.Count ?? 0, History?.ToList() ?? [], Sequence);
}
