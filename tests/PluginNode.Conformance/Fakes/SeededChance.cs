using System.Buffers.Binary;
using System.Globalization;
using NUnit.Framework;
using PluginNode.Plugins;

namespace PluginNode.Conformance.Fakes;

/// <summary>Chance that can be had again: the same seed gives the same numbers, ids included. Thread-safe; with several
/// threads only the numbers are the same, not who gets which.</summary>
/// <param name="seed">Where it begins.</param>
public sealed class SeededChance(int seed) : IChance
{
    /// <summary>The environment variable that replays a run.</summary>
    public const string Variable = "PLUGINNODE_SEED";

    // 2026-01-01: ids count milliseconds from there, so that they ascend as real ones do
    private const long FirstId = 1_767_225_600_000;

    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private long _ids;

    /// <summary>Where it began.</summary>
    public int Seed => seed;

    /// <summary>A seed that was never seen before, or the one in <see cref="Variable"/>; printed with
    /// the test.</summary>
    public static SeededChance Printed()
    {
        var given = Environment.GetEnvironmentVariable(Variable);
        var seed = given is null ? Random.Shared.Next() : int.Parse(given, CultureInfo.InvariantCulture);
        TestContext.Out.WriteLine($"Seed {seed}: {Variable}={seed} replays it.");
        return new SeededChance(seed);
    }

    /// <inheritdoc/>
    public void Fill(Span<byte> bytes)
    {
        lock (_lock) _random.NextBytes(bytes);
    }

    /// <inheritdoc/>
    public double NextDouble()
    {
        lock (_lock) return _random.NextDouble();
    }

    /// <inheritdoc/>
    public Guid NewId()
    {
        Span<byte> id = stackalloc byte[16];
        lock (_lock)
        {
            _random.NextBytes(id);
            var time = FirstId + ++_ids;
            BinaryPrimitives.WriteInt16BigEndian(id, (short)(time >> 32));
            BinaryPrimitives.WriteUInt32BigEndian(id[2..], (uint)time);
        }
        id[6] = (byte)((id[6] & 0x0f) | 0x70); // RFC 9562: version 7
        id[8] = (byte)((id[8] & 0x3f) | 0x80); // and its variant
        return new Guid(id, bigEndian: true);
    }
}
