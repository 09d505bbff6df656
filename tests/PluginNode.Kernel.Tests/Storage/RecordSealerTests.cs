using System.Text;
using PluginNode.Identity;
using PluginNode.Storage;

namespace PluginNode.Kernel.Tests.Storage;

[TestFixture]
public sealed class RecordSealerTests
{
    private static readonly RecordKey Key = new(1, Guid.Parse("0190a000-0000-7000-8000-000000000001"), 42);
    private NodeIdentity _identity = null!;
    private RecordSealer _sealer = null!;

    [SetUp]
    public void SetUp()
    {
        _identity = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)9, 32)]);
        _sealer = NewSealer();
    }

    [TearDown]
    public void TearDown()
    {
        _sealer.Dispose();
        _identity.Dispose();
    }

    [Test]
    public void Seal_ThenOpen_AlsoInALaterRun_GivesTheSame()
    {
        var record = Seal(_sealer, Key, "head"u8, "body"u8);
        using var later = NewSealer();
        foreach (var sealer in (RecordSealer[])[_sealer, later])
        {
            Assert.That(sealer.TryOpenHeader(HeaderOf(record), out var head), Is.True);
            Assert.That(sealer.TryOpenBody(Key, record.Body, out var body), Is.True);
            Assert.That((Encoding.UTF8.GetString(head), Encoding.UTF8.GetString(body)), Is.EqualTo(("head", "body")));
        }
    }

    [Test]
    public void Open_AnyBitFlipped_IsDamage()
    {
        var record = Seal(_sealer, Key, "head"u8, "body"u8);
        for (var bit = 0; bit < record.Header.Length * 8; bit++)
        {
            var changed = record.Header.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(_sealer.TryOpenHeader(HeaderOf(record) with { Sealed = changed }, out _), Is.False, $"bit {bit}");
        }
    }

    [Test]
    public void Open_MovedToAnotherRecordCollectionSequenceOrPart_IsDamage()
    {
        var record = Seal(_sealer, Key, "head"u8, "body"u8);
        RecordKey[] others = [Key with { Sequence = 43 }, Key with { Collection = 2 }, Key with { Id = Guid.Empty }];
        foreach (var other in others) Assert.That(_sealer.TryOpenBody(other, record.Body, out _), Is.False);
        Assert.That(_sealer.TryOpenBody(Key, record.Header, out _), Is.False, "a header is no body");
    }

    [Test]
    public void Seal_FromManyThreadsAndRuns_NeverUsesANonceTwice()
    {
        using var later = NewSealer();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>();
        Parallel.For(0, 2000, i =>
        {
            var record = Seal(i % 2 == 0 ? _sealer : later, Key, "head"u8, "body"u8);
            foreach (var part in (ReadOnlyMemory<byte>[])[record.Header, record.Body])
                Assert.That(seen.TryAdd(Convert.ToHexString(part.Span[9..33]), true), Is.True);
        });
        Assert.That(seen, Has.Count.EqualTo(4000));
    }

    [Test]
    public void MatchKeys_AnotherIdentity_NamesBothKeys_AndFormerOnesHelp()
    {
        using var other = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)8, 32)]);
        var needed = RecordSealer.IdOf(other);
        Assert.That(() => _sealer.MatchKeys([needed]), Throws.TypeOf<WrongKeyException>()
            .With.Message.Contains(needed.ToString()).And.Message.Contains(_sealer.KeyId.ToString()));
        using var withFormer = new RecordSealer(_identity, [other], new SystemChance(TimeProvider.System));
        Assert.That(() => withFormer.MatchKeys([needed, withFormer.KeyId]), Throws.Nothing);
    }

    [Test]
    public void Seal_NothingPlainIsLeft()
    {
        var record = Seal(_sealer, Key, "a readable header"u8, "a readable body"u8);
        Assert.That(record.Header.Span.IndexOf("readable"u8), Is.Negative);
        Assert.That(record.Body.Span.IndexOf("readable"u8), Is.Negative);
    }

    private RecordSealer NewSealer() => new(_identity, [], new SystemChance(TimeProvider.System));

    private static RecordHeader HeaderOf(Record record) => new(record.Key, record.KeyId, record.Header, record.Body.Length);

    private static Record Seal(RecordSealer sealer, RecordKey key, ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        var (h, b) = (new byte[RecordSealer.Overhead + header.Length], new byte[RecordSealer.SealedBytes(body.Length)]);
        sealer.Seal(key, RecordPart.Header, header, h);
        sealer.Seal(key, RecordPart.Body, body, b);
        return new Record(key, sealer.KeyId, h, b);
    }
}
