using System.Net.Sockets;
using System.Text;

namespace PluginNode.MeshHttp.Tests.Fakes;

/// <summary>A connection whose every byte the test decides.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _tcp = new();

    public NetworkStream Stream => _tcp.GetStream();

    public static async Task<RawConnection> OpenAsync(Uri url)
    {
        var connection = new RawConnection();
        await connection._tcp.ConnectAsync(url.Host, url.Port);
        return connection;
    }

    /// <summary>Writes, and reads what comes back until the end of a head.</summary>
    public async Task<string> AskAsync(string text)
    {
        await Stream.WriteAsync(FakeServer.Text(text));
        return await ReadHeadAsync();
    }

    public async Task<string> ReadHeadAsync() => (await FakeServer.ReadHeadAsync(Stream, CancellationToken.None)).Head;

    /// <summary>What a new connection is told, unasked, until the other end closes it in whatever way.</summary>
    public static async Task<string> WhatComesAsync(Uri url)
    {
        using var all = new MemoryStream();
        try
        {
            using var connection = await OpenAsync(url);
            await connection.Stream.CopyToAsync(all);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // reset: closed as well, maybe before this end has seen that it was open
        }
        return Encoding.Latin1.GetString(all.ToArray());
    }

    public void Dispose() => _tcp.Dispose();
}
