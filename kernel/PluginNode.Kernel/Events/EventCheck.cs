using System.Runtime.InteropServices;

namespace PluginNode.Events;

/// <summary>What looking at one event found.</summary>
public readonly record struct EventCheck
{
    private readonly UInt128 _hashStart, _hashEnd;

    internal EventCheck(EventVerdict verdict, string? reason, EventReading reading = default) =>
        (Verdict, Reason, Reading) = (verdict, reason, reading);

    internal EventCheck(EventReading reading, ReadOnlySpan<byte> hash, UInt128 attestation)
        : this(EventVerdict.Valid, null, reading)
    {
        Attestation = attestation;
        _hashStart = MemoryMarshal.Read<UInt128>(hash);
        _hashEnd = MemoryMarshal.Read<UInt128>(hash[16..]);
    }

    /// <summary>What came of it.</summary>
    public EventVerdict Verdict { get; }

    /// <summary>Why it is not valid, one line; null where it is.</summary>
    public string? Reason { get; }

    /// <summary>What its kind read; a default value where it did not get that far.</summary>
    public EventReading Reading { get; }

    /// <summary>For an event that voters vouch for: what its content is called whatever its time is, because they do
    /// not sign that. 0 for others.</summary>
    public UInt128 Attestation { get; }

    /// <summary>Whether it is valid as far as was looked.</summary>
    public bool IsValid => Verdict == EventVerdict.Valid;

    /// <summary>The 32 bytes that the emitter must have signed, for who checks signatures in batches.</summary>
    /// <param name="hash">Room for 32 bytes.</param>
    public void CopyHashTo(Span<byte> hash)
    {
        MemoryMarshal.Write(hash, _hashStart);
        MemoryMarshal.Write(hash[16..], _hashEnd);
    }

    internal EventCheck With(EventVerdict verdict, string reason) => new(verdict, reason, Reading);
}
