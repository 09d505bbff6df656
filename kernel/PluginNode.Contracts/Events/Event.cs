using System.Text;
using PluginNode.Identity;

namespace PluginNode.Events;

/// <summary>
/// One fact as its emitter tells it: what arrived, before and after it is verified. Immutable; callable from any
/// thread. What of it is signed is its kind's affair: see <see cref="IEventKind.Read"/>.
/// </summary>
public sealed class Event
{
    /// <summary>Most bytes of <see cref="Data"/>.</summary>
    public const int MaxDataBytes = 64 << 10;

    /// <summary>Most bytes of an emitter's name, and of its id, in UTF-8.</summary>
    public const int MaxNameBytes = 256;

    /// <summary>Most bytes of a service, in UTF-8.</summary>
    public const int MaxServiceBytes = 64;

    private readonly byte[] _bytes; // signature ‖ data: one array, because a ledger holds hundreds of thousands
    private readonly int _signatureBytes;

    /// <summary>Makes one. Bytes are copied.</summary>
    /// <param name="id">As claimed: whether it fits the content is for verification to say.</param>
    /// <param name="timestamp">Nanoseconds since 1970, UTC; positive.</param>
    /// <param name="service">What kind of event; as <see cref="IsService"/> has it.</param>
    /// <param name="emitter">Who tells it, by name; at most 256 bytes; empty where nobody says so.</param>
    /// <param name="emitterId">Its id in the network that it comes from; at most 256 bytes; empty where there is
    /// none. Never signed.</param>
    /// <param name="signature">64 bytes, or none.</param>
    /// <param name="data">One JSON value in UTF-8, 1 to 65 536 bytes.</param>
    /// <exception cref="ArgumentException">One of them is out of these bounds.</exception>
    public Event(
        EventId id, long timestamp, string service, string emitter, string emitterId, ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> data)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(timestamp);
        if (!IsService(service)) throw new ArgumentException($"'{service}' is no service.", nameof(service));
        ThrowIfTooLong(emitter, nameof(emitter));
        ThrowIfTooLong(emitterId, nameof(emitterId));
        if (signature.Length is not (0 or ISigner.SignatureBytes))
            throw new ArgumentException($"A signature has 64 bytes, not {signature.Length}.", nameof(signature));
        if (data.Length is 0 or > MaxDataBytes)
            throw new ArgumentException($"Data has 1 to {MaxDataBytes} bytes, not {data.Length}.", nameof(data));
        (Id, Timestamp, Service, Emitter, EmitterId) = (id, timestamp, service, emitter, emitterId);
        _signatureBytes = signature.Length;
        _bytes = new byte[signature.Length + data.Length];
        signature.CopyTo(_bytes);
        data.CopyTo(_bytes.AsSpan(signature.Length));
    }

    /// <summary>As claimed.</summary>
    public EventId Id { get; }

    /// <summary>Nanoseconds since 1970, UTC, by the emitter's clock.</summary>
    public long Timestamp { get; }

    /// <summary>What kind of event.</summary>
    public string Service { get; }

    /// <summary>Who tells it, by name; empty where nobody says so.</summary>
    public string Emitter { get; }

    /// <summary>The emitter's id in the network that it comes from, e.g. a nara id. It is under no signature: nothing
    /// may be decided by it.</summary>
    public string EmitterId { get; }

    /// <summary>64 bytes, or none.</summary>
    public ReadOnlyMemory<byte> Signature => _bytes.AsMemory(0, _signatureBytes);

    /// <summary>The service's own data: one JSON value in UTF-8, exactly as it was received.</summary>
    public ReadOnlyMemory<byte> Data => _bytes.AsMemory(_signatureBytes);

    /// <summary>Whether somebody is named as its emitter and a signature is there; not whether it is right.</summary>
    public bool IsSigned => _signatureBytes > 0 && Emitter.Length > 0;

    /// <summary>Whether a text can be a service: 1 to 64 bytes without <c>:</c> and control characters. What is signed
    /// is joined with <c>:</c>, so that a service with one could pass for another.</summary>
    public static bool IsService(string service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (service.Length is 0 or > MaxServiceBytes || Encoding.UTF8.GetByteCount(service) > MaxServiceBytes)
            return false;
        foreach (var c in service)
            if (c == ':' || char.IsControl(c)) return false;
        return true;
    }

    /// <summary>Service and id, for logs.</summary>
    public override string ToString() => $"{Service} {Id}";

    private static void ThrowIfTooLong(string name, string parameter)
    {
        ArgumentNullException.ThrowIfNull(name, parameter);
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            throw new ArgumentException($"It has at most {MaxNameBytes} bytes.", parameter);
    }
}
