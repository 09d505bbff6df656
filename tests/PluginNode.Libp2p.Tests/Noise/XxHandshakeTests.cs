using System.Text;
using System.Text.Json.Nodes;

namespace PluginNode.Libp2p.Noise;

/// <summary>The handshake against the vector that is published for it, which the implementation Cacophony wrote, and
/// against a transcript of js-libp2p's, which tests/interop/noise-vector.mjs wrote.</summary>
[TestFixture]
internal sealed class XxHandshakeTests
{
    private static JsonNode Vector => Read("noise-xx.json");

    [Test]
    public void Transcript_OfKnownKeys_IsTheKnownOne()
    {
        var vector = Vector;
        using var initiator = Make(vector, initiator: true);
        using var responder = Make(vector, initiator: false);
        foreach (var (message, number) in vector["messages"]!.AsArray().Select((m, i) => (m!, i)))
        {
            var (writer, reader) = number % 2 == 0 ? (initiator, responder) : (responder, initiator);
            var written = new byte[200];
            var length = writer.Write(Hex(message["payload"]), written);
            Assert.That(written[..length], Is.EqualTo(Hex(message["message"])));
            Assert.That(reader.Read(written.AsSpan(0, length)), Is.EqualTo(Hex(message["payload"])));
        }
        Assert.That(initiator.Hash.SequenceEqual(responder.Hash));
        var ours = initiator.Split();
        var theirs = responder.Split();
        foreach (var record in vector["sealed"]!.AsArray())
        {
            Check(ours.Send, theirs.Receive, Hex(record!["text"]), Hex(record["toResponder"]));
            Check(theirs.Send, ours.Receive, Hex(record["text"]), Hex(record["toInitiator"]));
        }
    }

    [Test]
    public void Transcript_OfThePublishedVector_IsItsOwn()
    {
        var vector = Read("noise-xx-cacophony.json");
        using var initiator = new XxHandshake(true, Key("init_static"), Key("init_ephemeral"), Bytes("init_prologue"));
        using var responder = new XxHandshake(false, Key("resp_static"), Key("resp_ephemeral"), Bytes("resp_prologue"));
        var messages = vector["messages"]!.AsArray();
        for (var i = 0; i < 3; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            var written = new byte[200];
            var length = writer.Write(Hex(messages[i]!["payload"]), written);
            Assert.That(written[..length], Is.EqualTo(Hex(messages[i]!["ciphertext"])), $"message {i}");
            Assert.That(reader.Read(written.AsSpan(0, length)), Is.EqualTo(Hex(messages[i]!["payload"])));
        }
        Assert.That(initiator.Hash.ToArray(), Is.EqualTo(Bytes("handshake_hash")));
        var (ours, theirs) = (initiator.Split(), responder.Split());
        Assert.That(messages, Has.Count.EqualTo(6));
        for (var i = 3; i < messages.Count; i++)
        {
            var (send, receive) = i % 2 == 0 ? (ours.Send, theirs.Receive) : (theirs.Send, ours.Receive);
            Check(send, receive, Hex(messages[i]!["payload"]), Hex(messages[i]!["ciphertext"]));
        }

        X25519Key Key(string name) => X25519Key.FromPrivate(Bytes(name));

        byte[] Bytes(string name) => Hex(vector[name]);
    }

    [Test]
    public void Message_WithAnyBitFlipped_IsRefused([Values(1, 2)] int number)
    {
        var message = Hex(Vector["messages"]![number]!["message"]);
        for (var bit = 0; bit < 8 * message.Length; bit += 7)
        {
            var damaged = (byte[])message.Clone();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(() => ReadAsNumber(number, damaged), Throws.TypeOf<Libp2pException>(), $"bit {bit}");
        }
    }

    [Test]
    public void Message_CutAnywhere_IsRefused([Values(0, 1, 2)] int number)
    {
        var message = Hex(Vector["messages"]![number]!["message"]);
        for (var length = 0; length < message.Length; length++)
            Assert.That(() => ReadAsNumber(number, message[..length]), Throws.TypeOf<Libp2pException>(), $"{length}");
    }

    [Test]
    public void Key_ThatLeadsToNoSecret_IsRefused()
    {
        using var key = X25519Key.Generate();
        Assert.That(() => key.Agree(new byte[32], new byte[32]), Throws.TypeOf<Libp2pException>());
    }

    private static JsonNode Read(string file) =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", file)))!;

    private static void ReadAsNumber(int number, byte[] message)
    {
        var vector = Vector;
        using var initiator = Make(vector, initiator: true);
        using var responder = Make(vector, initiator: false);
        var buffer = new byte[200];
        for (var i = 0; i < number; i++)
        {
            var (writer, other) = i % 2 == 0 ? (initiator, responder) : (responder, initiator);
            other.Read(buffer.AsSpan(0, writer.Write(Hex(vector["messages"]![i]!["payload"]), buffer)));
        }
        (number % 2 == 0 ? responder : initiator).Read(message);
    }

    private static void Check(CipherState send, CipherState receive, byte[] text, byte[] expected)
    {
        var written = new byte[text.Length + CipherState.TagBytes];
        send.Encrypt(text, written);
        Assert.That(written, Is.EqualTo(expected));
        var back = new byte[text.Length];
        receive.Decrypt(written, back);
        Assert.That(back, Is.EqualTo(text));
    }

    private static XxHandshake Make(JsonNode vector, bool initiator)
    {
        var name = initiator ? "initiator" : "responder";
        return new XxHandshake(
            initiator, Key("static"), Key("ephemeral"), Encoding.ASCII.GetBytes("prologue"));

        X25519Key Key(string which) => X25519Key.FromPrivate(Hex(vector["keys"]![$"{name} {which}"]));
    }

    private static byte[] Hex(JsonNode? text) => Convert.FromHexString((string)text!);
}
