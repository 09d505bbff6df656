using PluginNode.Events;
using PluginNode.Mqtt.Wire;

namespace PluginNode.Mqtt.Tests.Ledger;

/// <summary>What is held by day, as it goes over the wire.</summary>
[TestFixture]
internal sealed class DaysBodyTests
{
    private static readonly LedgerDay[] Days =
    [
        new(new DateOnly(1970, 1, 1), 1, 1), new(new DateOnly(2026, 1, 31), int.MaxValue, UInt128.MaxValue),
        new(DateOnly.MaxValue, 7, (UInt128)1 << 64),
    ];

    [Test]
    public void Written_AndRead_IsTheSame_BigEndian()
    {
        var body = DaysBody.Write(Days, 1_000);
        Assert.That(DaysBody.Read(body), Is.EqualTo(Days));
        Assert.That(body[..24], Is.EqualTo((byte[])[0, 0, 0, 0, 0, 0, 0, 1, .. new byte[15], 1]));
        Assert.That(DaysBody.Read(DaysBody.Write([], 1_000)), Is.Empty);
    }

    [TestCase(72, 3), TestCase(71, 2), TestCase(24, 1), TestCase(23, 0)]
    public void Written_IsTheNewest_ThatThereIsRoomFor(int room, int count) =>
        Assert.That(DaysBody.Read(DaysBody.Write(Days, room)), Is.EqualTo(Days[^count..]));

    [Test]
    public void WhatIsNone_IsNull()
    {
        var body = DaysBody.Write(Days, 1_000);
        Assert.That(DaysBody.Read(body.AsSpan(1)), Is.Null, "cut");
        Assert.That(DaysBody.Read([.. body[24..48], .. body[..24]]), Is.Null, "out of order");
        Assert.That(DaysBody.Read([.. body[..24], .. body[..24]]), Is.Null, "twice");
        Assert.That(DaysBody.Read([.. new byte[24]]), Is.Null, "without events");
        Assert.That(DaysBody.Read([0x7f, .. body[1..24]]), Is.Null, "no date");
        Assert.That(DaysBody.Read([0x80, .. body[1..24]]), Is.Null, "before 1970");
    }
}
