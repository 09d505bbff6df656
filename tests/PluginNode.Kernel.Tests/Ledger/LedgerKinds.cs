using System.Buffers;
using System.Text;
using System.Text.Json;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Kernel.Tests.Ledger;

/// <summary>Kinds with every ability. Their data is an object of texts.</summary>
internal static class LedgerKinds
{
    public static EventKinds All()
    {
        var kinds = new EventKinds();
        foreach (var kind in new IEventKind[] { new Hello(), new Report(), new Agreed() })
            Assert.That(kinds.Add(kind, "test"), Is.Null);
        return kinds;
    }

    /// <summary>The statement that voters of <see cref="Agreed"/> sign.</summary>
    public static byte[] StatementOf(string what) => Encoding.UTF8.GetBytes($"agreed:{what}");

    private static Dictionary<string, string> Texts(ReadOnlySpan<byte> data)
    {
        using var json = JsonDocument.Parse(data.ToArray());
        return json.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
    }

    private static void Write(IBufferWriter<byte> content, params IEnumerable<string> parts) =>
        content.Write(Encoding.UTF8.GetBytes(string.Join(':', parts)));

    /// <summary>{name, key, id}: the id is not signed.</summary>
    private sealed class Hello : IEventKind, IKeyedKind
    {
        public string Service => "hello";

        public string Member => "hello";

        public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
        {
            var texts = Texts(data);
            Write(content, texts["name"], texts["key"]);
            return EventReading.Valid(texts["name"], texts["name"], EventImportance.High);
        }

        public AnnouncedKey? ReadKey(ReadOnlySpan<byte> data)
        {
            var texts = Texts(data);
            return new AnnouncedKey(texts["name"], PeerId.Parse(texts["key"]), texts["id"]);
        }
    }

    /// <summary>{who, about}: five about one, whoever tells it.</summary>
    private sealed class Report : IEventKind, IBoundedKind
    {
        public string Service => "report";

        public string Member => "report";

        public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
        {
            var texts = Texts(data);
            Write(content, texts["who"], texts["about"]);
            return EventReading.Valid(texts["who"], texts["about"], EventImportance.Low);
        }

        public IReadOnlyList<EventBound> BoundsOf(string emitter, long timestamp, in EventReading reading) =>
            [new EventBound(1, 5, About: reading.Target)];
    }

    /// <summary>{what, about, voter, sig, voter2, sig2}: neither the name nor the time is signed.</summary>
    private sealed class Agreed : IEventKind, IVouchedKind
    {
        public string Service => "agreed";

        public string Member => "agreed";

        public EventReading Read(ReadOnlySpan<byte> data, IBufferWriter<byte> content)
        {
            var texts = Texts(data);
            Write(content, texts["what"]);
            return EventReading.Valid("", texts["about"], EventImportance.Critical);
        }

        public Vouching ReadVotes(ReadOnlySpan<byte> data)
        {
            var texts = Texts(data);
            var statement = StatementOf(texts["what"]);
            return new Vouching(2,
            [
                new Vote(texts["voter"], statement, Convert.FromHexString(texts["sig"])),
                new Vote(texts["voter2"], statement, Convert.FromHexString(texts["sig2"])),
            ]);
        }
    }
}
