using System.Buffers.Binary;
using PluginNode.Transports;

namespace PluginNode.Libp2p.Frames;

/// <summary>What is said about batches, as bytes.</summary>
[TestFixture]
internal sealed class AnswerTests
{
    private static readonly Guid Id = new("01234567-89ab-cdef-0123-456789abcdef");

    [Test]
    public void Write_IsAsTheReadmeSays() => Assert.That(
        Convert.ToHexStringLower(Answer.Write(7, 0x0102, 0x1000, "no", [
            new SendOutcome(Id, SendStatus.Retry, "ü", TimeSpan.FromMilliseconds(9)),
            new SendOutcome(Id, SendStatus.Refused)])),
        Is.EqualTo(
            "00000048" + "00000007" + "0000000000000102" + "00001000" + "00026e6f" + "00000002"
            + "0123456789abcdef0123456789abcdef" + "00" + "00000009" + "0002c3bc"
            + "0123456789abcdef0123456789abcdef" + "03" + "ffffffff" + "0000"));

    [Test]
    public async Task Read_WhatWasWritten_IsTheSame()
    {
        SendOutcome[] outcomes =
        [
            .. Enum.GetValues<SendStatus>().Where(s => s != SendStatus.Sent)
                .Select((s, i) => new SendOutcome(Guid.CreateVersion7(), s, i == 0 ? "why" : null,
                    i == 1 ? TimeSpan.FromSeconds(3) : null)),
        ];
        var bytes = Answer.Write(3, 4, 5000, "", outcomes);
        using var stream = new MemoryStream([.. bytes, .. Answer.Write(0, 4, 5000, "bye", [])]);
        var answer = await Answer.ReadAsync(stream, default);
        Assert.That((answer!.Number, answer.Clock, answer.MaxBatch, answer.Reason), Is.EqualTo((3u, 4L, 5000u, "")));
        Assert.That(outcomes.Select(o => answer.Outcomes[o.Id]), Is.EqualTo(outcomes));
        Assert.That((await Answer.ReadAsync(stream, default))!.Reason, Is.EqualTo("bye"));
        Assert.That(await Answer.ReadAsync(stream, default), Is.Null);
    }

    [Test]
    public void Write_SentAndLongReasons_AreWhatThePeerCanUse()
    {
        var reason = new string('€', 500) + "\n";
        var answer = Answer.Parse(Answer.Write(
            1, 0, 4096, "a\nb", [new SendOutcome(Id, SendStatus.Sent, reason, TimeSpan.FromDays(100))]).AsSpan(4));
        Assert.Multiple(() =>
        {
            Assert.That(answer.Reason, Is.EqualTo("a b"));
            Assert.That(answer.Outcomes[Id].Status, Is.EqualTo(SendStatus.Retry));
            Assert.That(answer.Outcomes[Id].Reason, Is.EqualTo(new string('€', 200)));
            Assert.That(answer.Outcomes[Id].RetryAfter!.Value.TotalDays, Is.InRange(49, 50));
        });
    }

    [Test]
    public void Write_AReasonWhoseLastCharacterIsOfTwo_IsCutBeforeIt()
    {
        var text = new string('x', 199);
        Assert.That(Answer.Parse(Answer.Write(1, 0, 4096, text + "😀", []).AsSpan(4)).Reason, Is.EqualTo(text));
        Assert.That(
            Answer.Parse(Answer.Write(1, 0, 4096, text[1..] + "😀!", []).AsSpan(4)).Reason,
            Is.EqualTo(text[1..] + "😀"));
    }

    [Test]
    public void Parse_TwoOutcomesOfOneId_TheFirstCounts()
    {
        var answer = Answer.Parse(Answer.Write(
            1, 0, 4096, "", [new(Id, SendStatus.Retry, "x"), new(Id, SendStatus.Delivered)]).AsSpan(4));
        Assert.That(answer.Outcomes[Id].Status, Is.EqualTo(SendStatus.Retry));
    }

    [Test]
    public void Parse_CutAtAnyByte_OrLonger_IsMalformed()
    {
        var whole = Answer.Write(1, 2, 4096, "abc", [new(Id, SendStatus.Retry, "def")])[4..];
        Assert.That(() => Answer.Parse(whole), Throws.Nothing);
        for (var length = 0; length < whole.Length; length++)
        {
            var cut = whole[..length];
            Assert.That(FaultOf(() => Answer.Parse(cut)), Is.EqualTo(Libp2pFault.Malformed), $"{length} bytes");
        }
        Assert.That(FaultOf(() => Answer.Parse([.. whole, 0])), Is.EqualTo(Libp2pFault.Malformed));
    }

    [Test]
    public void Parse_UnknownStatusOrTooManyOutcomes_IsMalformed()
    {
        var status = Answer.Write(1, 2, 4096, "", [new(Id, SendStatus.Delivered)])[4..];
        status[^7] = 4;
        Assert.That(FaultOf(() => Answer.Parse(status)), Is.EqualTo(Libp2pFault.Malformed));
        var count = Answer.Write(1, 2, 4096, "", [])[4..];
        foreach (var many in (uint[])[1, FrameWire.MaxFrames, FrameWire.MaxFrames + 1, uint.MaxValue])
        {
            BinaryPrimitives.WriteUInt32BigEndian(count.AsSpan(count.Length - 4), many);
            Assert.That(FaultOf(() => Answer.Parse(count)), Is.EqualTo(Libp2pFault.Malformed), $"{many}");
        }
    }

    [Test]
    public async Task Read_LongerThanAnyAnswer_IsRefusedBeforeItIsRead()
    {
        using var stream = new MemoryStream([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
        try
        {
            await Answer.ReadAsync(stream, default);
            Assert.Fail("It is too long.");
        }
        catch (Libp2pException e)
        {
            Assert.That((e.Fault, stream.Position), Is.EqualTo((Libp2pFault.Malformed, 4L)));
        }
    }

    private static Libp2pFault? FaultOf(Func<Answer> parse)
    {
        try
        {
            parse();
            return null;
        }
        catch (Libp2pException e)
        {
            return e.Fault;
        }
    }
}
