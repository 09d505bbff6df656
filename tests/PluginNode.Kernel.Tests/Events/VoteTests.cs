using System.Buffers;
using System.Text;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Kernel.Tests.Fakes;

namespace PluginNode.Kernel.Tests.Events;

/// <summary>Events that voters vouch for. A voter is named after the seed of its key, e.g. <c>3</c>, or <c>3b</c> where
/// it goes under another name too.</summary>
[TestFixture]
public sealed class VoteTests
{
    [TestCase("1 2", EventVerdict.Valid)]
    [TestCase("1 2 3", EventVerdict.Valid)]
    [TestCase("1", EventVerdict.NotVouched)]
    [TestCase("", EventVerdict.NotVouched)]
    [TestCase("1 1", EventVerdict.NotVouched, TestName = "Check_OneVoterTwice_IsOneVoter")]
    [TestCase("1 1b", EventVerdict.NotVouched, TestName = "Check_OneKeyUnderTwoNames_IsOneVoter")]
    [TestCase("1 2!", EventVerdict.NotVouched, TestName = "Check_AWrongSignature_DoesNotCount")]
    [TestCase("2! 1 2", EventVerdict.Valid, TestName = "Check_AWrongSignatureBeforeTheRightOne_HarmsNothing")]
    [TestCase("1 x", EventVerdict.UnknownKey)]
    [TestCase("x y", EventVerdict.UnknownKey)]
    [TestCase("x x", EventVerdict.NotVouched, TestName = "Check_OneUnknownVoterTwice_CouldNeverBeEnough")]
    [TestCase("x 1!", EventVerdict.NotVouched, TestName = "Check_TooFewEvenIfAllWereKnown_IsNotVouched")]
    public void Check_Votes_NeedTwoKeys(string votes, EventVerdict expected) =>
        Assert.That(Check(votes, required: 2).Verdict, Is.EqualTo(expected));

    [Test]
    public void Check_NoneRequired_IsNotVouched() =>
        Assert.That(Check("1 2", required: 0).Verdict, Is.EqualTo(EventVerdict.NotVouched));

    [Test]
    public void Check_MoreVotesThanMayBe_LooksAtNone()
    {
        var asked = 0;
        var votes = string.Join(' ', Enumerable.Range(1, Vouching.MostVotes + 1));
        var check = Check(votes, required: 2, _ =>
        {
            asked++;
            return null;
        });
        Assert.That((check.Verdict, asked), Is.EqualTo((EventVerdict.NotVouched, 0)));
    }

    [Test]
    public void Check_EnoughVotes_LooksAtNoMore()
    {
        var asked = new List<string>();
        Check("1 2 3 4", required: 2, name =>
        {
            asked.Add(name);
            return KeyOf(name);
        });
        Assert.That(asked, Is.EqualTo(["1", "2"]));
    }

    private static EventCheck Check(string votes, int required, Func<string, PeerId?>? keys = null)
    {
        var id = EventIds.IdOf(1, "voted", "1"u8);
        var names = votes.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var kind = new VotedKind(new Vouching(required, [.. names.Select(Of)]));
        return EventVerifier.Check(new Event(id, 1, "voted", "", "", [], "1"u8), kind, null, keys ?? KeyOf);
    }

    private static Vote Of(string name)
    {
        var voter = name.TrimEnd('!');
        var statement = Encoding.UTF8.GetBytes($"I, {voter}, vouch for it");
        var signature = new byte[ISigner.SignatureBytes];
        if (SeedOf(voter) is { } seed)
        {
            using var key = Ed25519.ImportSeed([.. Enumerable.Repeat(seed, 32)]);
            Ed25519.Sign(key, statement, signature);
        }
        if (name.EndsWith('!')) signature[0] ^= 1;
        return new Vote(voter, statement, signature);
    }

    private static PeerId? KeyOf(string name) => SeedOf(name) is { } seed ? TestNode.IdOf(seed) : null;

    private static byte? SeedOf(string name) => byte.TryParse(name.TrimEnd('b'), out var seed) ? seed : null;

    private sealed class VotedKind(Vouching vouching) : IEventKind, IVouchedKind
    {
        public string Service => "voted";

        public string Member => "voted";

        public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
        {
            content.Write(data);
            return EventReading.Valid("", "", EventImportance.Critical);
        }

        public Vouching ReadVotes(ReadOnlySpan<byte> data) => vouching;
    }
}
