using PluginNode.Conformance;
using System.Text;
using PluginNode.Api;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Worlds;
using PluginNode.Peers;

namespace PluginNode.Fuzz.Targets;

/// <summary><c>PUT /v1/peers/{name}</c>: what is taken is the peer that was described, after a restart too. Input:
/// parts, the name and the body.</summary>
internal sealed class ApiPeerTarget : ApiTarget
{
    public override string Name => "api-peer";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits => PartEdits.With(base.Edits);

    public override IEnumerable<Sample> Samples()
    {
        var key = Convert.ToBase64String(SomeNodes.Stranger.Self.ToPublicKey());
        yield return Input("plain", "gamma", $$"""{"publicKey":"{{key}}"}""");
        yield return Input(
            "addresses", "Γ 1",
                $$"""{"publicKey":"{{key}}","addresses":["mesh+http://127.0.0.1:1","/ip4/1.2.3.4/tcp/1"]}""");
    }

    public override Verdict Check(byte[] input)
    {
        if (Parts.Split(input) is not [var bytes, var body, ..]) return Verdict.Refused("no request");
        var name = Encoding.UTF8.GetString(bytes);
        if (name.Length == 0 || name.Contains('/', StringComparison.Ordinal)) return Verdict.Refused("another route");
        var decoded = Decode(body, ApiJson.Wire.PeerPut);
        return OneThread.Run(() => CheckAsync(input, name, body, decoded));
    }

    private async Task<Verdict> CheckAsync(byte[] input, string name, byte[] body, PeerPut? put)
    {
        var disk = new MemoryDisk();
        await using (var world = await ApiWorld.OpenAsync(disk))
        {
            var answer = await CallAsync(world, "PUT", $"/v1/peers/{name}", body, input, 200, 400, 409, 503);
            if (answer.Status != 200) return Of(answer);
            Holds.That(put is not null && Is(world.Kernel.Peers, name, put), "another peer is taken");
        }
        await using (var world = await ApiWorld.OpenAsync(disk))
            Holds.That(Is(world.Kernel.Peers, name, put!), "after a restart it is another peer");
        return Verdict.Took($"{put!.Addresses?.Count > 0}");
    }

    private static bool Is(PeerBook peers, string name, PeerPut put) =>
        peers.Find(name) is { } peer
            && Convert.FromBase64String(put.PublicKey).AsSpan().SequenceEqual(peer.Id.ToPublicKey())
        && peer.SendOnly == (put.SendOnly ?? false)
        && peer.Addresses.Select(a => a.Text).SequenceEqual(put.Addresses ?? []);

    private static Sample Input(string name, string peer, string body) =>
        new(name, Parts.Join([Encoding.UTF8.GetBytes(peer), Encoding.UTF8.GetBytes(body)]));
}
