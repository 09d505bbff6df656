namespace PluginNode.Libp2p.Negotiation;

/// <summary>
/// multistream-select 1.0 (multiformats/multistream-select; libp2p/specs, connections). Each side begins with its
/// header without waiting for the other's.
/// </summary>
internal static class Multistream
{
    /// <summary>Proposals, <c>ls</c> included, that a listener answers before it gives up on the remote.</summary>
    public const int MostProposals = 16;

    /// <summary>Proposes protocols in their order until the remote takes one.</summary>
    /// <exception cref="Libp2pException">It takes none, or answers something else.</exception>
    public static async Task<string> SelectAsync(
        Stream stream, IReadOnlyList<string> protocols, CancellationToken cancellation)
    {
        if (protocols.Count == 0) throw new ArgumentException("There is nothing to propose.", nameof(protocols));
        await ProposeAsync(stream, protocols[0], cancellation);
        if (await TryFinishAsync(stream, protocols[0], cancellation)) return protocols[0];
        foreach (var protocol in protocols.Skip(1))
        {
            await stream.WriteAsync(MultistreamMessage.Encode(protocol), cancellation);
            if (await ReadAnswerAsync(stream, protocol, cancellation)) return protocol;
        }
        throw Refused(protocols);
    }

    /// <summary>
    /// Sends header and proposal, and does not wait. What is written next is the protocol's own; it is lost where the
    /// remote does not speak it. <see cref="TryFinishAsync"/> must read the answer before anything else is read.
    /// </summary>
    public static ValueTask ProposeAsync(Stream stream, string protocol, CancellationToken cancellation) =>
        stream.WriteAsync(MultistreamMessage.Encode(MultistreamMessage.Header, protocol), cancellation);

    /// <summary>Reads what answers <see cref="ProposeAsync"/>: false for <c>na</c>.</summary>
    public static async ValueTask<bool> TryFinishAsync(Stream stream, string protocol, CancellationToken cancellation)
    {
        await ReadHeaderAsync(stream, cancellation);
        return await ReadAnswerAsync(stream, protocol, cancellation);
    }

    /// <summary>Answers proposals until one is of a protocol that is there.</summary>
    /// <param name="stream">What the remote has opened.</param>
    /// <param name="knows">Whether the protocol is there.</param>
    /// <param name="list">What answers <c>ls</c>.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Libp2pException">The remote sends something else, too much, or finishes.</exception>
    public static async Task<string> AnswerAsync(
        Stream stream, Func<string, bool> knows, Func<IEnumerable<string>> list, CancellationToken cancellation)
    {
        await stream.WriteAsync(MultistreamMessage.Encode(MultistreamMessage.Header), cancellation);
        await ReadHeaderAsync(stream, cancellation);
        for (var i = 0; i < MostProposals; i++)
        {
            var proposal = await MultistreamMessage.ReadAsync(stream, cancellation);
            if (proposal == MultistreamMessage.List)
            {
                await stream.WriteAsync(MultistreamMessage.EncodeList(list()), cancellation);
                continue;
            }
            var known = knows(proposal);
            await stream.WriteAsync(
                MultistreamMessage.Encode(known ? proposal : MultistreamMessage.NotAvailable), cancellation);
            if (known) return proposal;
        }
        throw new Libp2pException(
            Libp2pFault.Limit, $"The remote proposed {MostProposals} protocols and none of them is there.");
    }

    public static Libp2pException Refused(IEnumerable<string> protocols) =>
        new(Libp2pFault.NotSupported, $"The remote does not speak {string.Join(" or ", protocols)}.");

    private static async ValueTask ReadHeaderAsync(Stream stream, CancellationToken cancellation)
    {
        var header = await MultistreamMessage.ReadAsync(stream, cancellation);
        if (header != MultistreamMessage.Header)
            throw Libp2pException.Malformed($"The remote does not begin with {MultistreamMessage.Header}.");
    }

    private static async ValueTask<bool> ReadAnswerAsync(Stream stream, string protocol, CancellationToken cancellation)
    {
        var answer = await MultistreamMessage.ReadAsync(stream, cancellation);
        if (answer == protocol) return true;
        return answer == MultistreamMessage.NotAvailable ? false
            : throw Libp2pException.Malformed("The remote answers a proposal with another protocol.");
    }
}
