using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace PluginNode.MeshHttp.Server;

/// <summary>Closes connections of a remote address that has as many as one may have, so that no address can use up all
/// that the server takes.</summary>
internal sealed class ConnectionLimit(int perAddress, TimeProvider time, ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _open = [];
    private readonly RareLog<IPAddress> _told = new(time);

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (!TryEnter(address))
        {
            if (_told.May(address)) LogMessages.TooManyConnections(logger, address.ToString(), perAddress);
            connection.Abort();
            return;
        }
        try
        {
            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    }

    private bool TryEnter(IPAddress address)
    {
        lock (_lock)
        {
            var open = _open.GetValueOrDefault(address);
            if (open >= perAddress) return false;
            _open[address] = open + 1;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (_lock)
            if (--_open[address] == 0) _open.Remove(address);
    }
}
