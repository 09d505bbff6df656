namespace PluginNode.Libp2p.Discovery;

/// <summary>Datagrams to and from the group of a site. One receive at a time; sends from any thread.</summary>
internal interface ILink : IDisposable
{
    /// <summary>Sends to the group.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It could not; the link may go on.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation);

    /// <summary>Waits for the next datagram that was sent to the group on this site, and tells its length.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The link is of no use any more.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellation);
}

/// <summary>The networks that this machine is in, as far as multicast DNS is spoken there.</summary>
internal interface INetworks
{
    /// <summary>Those that there are now.</summary>
    /// <exception cref="System.Net.NetworkInformation.NetworkInformationException">The system does not
    /// say.</exception>
    IReadOnlyList<Site> Now();

    /// <summary>Joins the group of one.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It could not.</exception>
    ILink Open(Site site);
}
