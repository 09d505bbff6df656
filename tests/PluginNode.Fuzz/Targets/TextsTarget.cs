using System.Text;
using PluginNode.Configuration;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Identity;
using PluginNode.MeshHttp;

namespace PluginNode.Fuzz.Targets;

/// <summary>Short texts of configuration, control API and wire: durations, sizes, peer ids, keys, addresses. Each is
/// refused or has a meaning within its range, and where it can be written it is read again alike.</summary>
internal sealed class TextsTarget : FuzzTarget
{
    private const int Most = 64 * 1024;

    public override string Name => "texts";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. TextEdits.All, .. TextEdits.All];

    public override IEnumerable<Sample> Samples()
    {
        string[] texts =
        [
            "250ms", "10s", "1.5h", "7d", "36500d", "PT10S", "P1DT2H", "0s", "4GiB", "64MiB", "16KiB", "0B", "123",
            SomeNodes.Sender.Self.ToString(), Convert.ToBase64String(SomeNodes.Sender.Self.ToPublicKey()),
            "mesh+http://10.0.0.7:7433", "/ip4/10.0.0.7/tcp/4001", "mqtt:alice", "http://127.0.0.1:7433", "http://*:0",
            "http://[::1]:80",
        ];
        return texts.Select((t, i) => new Sample($"{i:D2}", Encoding.UTF8.GetBytes(t)));
    }

    public override Verdict Check(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var taken = new List<string>();
        var most = Most + (24L * input.Length);
        if (Measure.Bounded(most, () => Duration.TryParse(text, out var d) ? d : (Duration?)null) is { } duration)
        {
            taken.Add("duration");
            Holds.That(
                duration.Value >= TimeSpan.Zero
                    && duration.Value <= TimeSpan.FromDays(36_500), "a duration out of range");
            Holds.That(
                Duration.TryParse(duration.ToString(), out var again) && again == duration,
                $"the duration {duration.Value} is written as {duration}, which is another");
        }
        if (Measure.Bounded(most, () => ByteSize.TryParse(text, out var s) ? s : (ByteSize?)null) is { } size)
        {
            taken.Add("size");
            Holds.That(size.Bytes >= 0 && ByteSize.TryParse(size.ToString(), out var again)
                && again == size, "another size");
        }
        if (Measure.Bounded(most, () => PeerId.TryParse(text, out var p) ? p : (PeerId?)null) is { } peer)
        {
            taken.Add("peer");
            Holds.That(peer.ToString() == text, "a peer id that is written in two ways");
        }
        if (Measure.Bounded(most, () => PeerText.KeyProblem(text, out var k) is null ? k : (PeerId?)null) is { } key)
        {
            taken.Add("key");
            Holds.That(PeerText.KeyProblem(Convert.ToBase64String(key.ToPublicKey()), out var again) is null
                && again == key, "another key");
        }
        if (Measure.Bounded(most, () => PeerAddress.TryParse(text, out var a) ? a : (PeerAddress?)null) is { } address)
        {
            taken.Add("address");
            Holds.That(address.Text == text && address.Scheme.Length > 0, "an address that is changed");
            Holds.That(PeerAddress.TryParse(address.ToString(), out var again) && again == address, "another address");
        }
        if (Measure.Bounded(most, () => Durations.TryParse(text, out var d) ? d : (TimeSpan?)null) is { } limit)
        {
            taken.Add("limit");
            Holds.That(limit >= TimeSpan.Zero && (!Duration.TryParse(text, out var same) || same.Value == limit),
                "the two readers of durations disagree");
        }
        if (Measure.Bounded(most, () => ListenAddress.TryParse(text, out var e) ? e : null) is { } end)
        {
            taken.Add("listen");
            Holds.That(
                ListenAddress.TryParse($"http://{end}", out var again)
                    && again.Equals(end), $"{end} is read as another");
        }
        if (Measure.Bounded(most, () => ListenAddress.ToUrl(text, "/ping")) is { } url)
        {
            taken.Add("url");
            Holds.That(url.AbsolutePath == "/ping" && url.Query.Length == 0
                && url.Port > 0, $"frames would go to {url}");
        }
        return new Verdict(taken.Count > 0, string.Join(',', taken));
    }
}
