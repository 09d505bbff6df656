using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>A mosquitto on a free port of loopback that loses nothing by limits of its own.</summary>
internal sealed class BenchBroker : IAsyncDisposable
{
    /// <summary>Messages of QoS 1 that are unacknowledged at once, in each direction of each connection.</summary>
    public const int InFlight = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Channel<string> _log = Channel.CreateUnbounded<string>();
    private readonly string _folder;
    private readonly Process _process;
    private readonly Task _reading;

    private BenchBroker(string folder, string program, int port)
    {
        (_folder, Port) = (folder, port);
        var file = Path.Combine(folder, "mosquitto.conf");
        File.WriteAllLines(file,
        [
            // As root it would become another user, who may not read here.
            "user root", "allow_anonymous true", "set_tcp_nodelay true", $"listener {port} 127.0.0.1",
            $"max_inflight_messages {InFlight}", "max_queued_messages 0", "max_packet_size 20000000",
            // what tells when an end is ready, and nothing for each message
            "log_dest stderr", "log_type error", "log_type notice", "log_type information", "log_type subscribe",
        ]);
        _process = Process.Start(new ProcessStartInfo(program, ["-c", file])
        {
            UseShellExecute = false, RedirectStandardError = true,
        })!;
        _reading = ReadAsync();
    }

    public int Port { get; }

    /// <summary>A program of mosquitto's; null: it is not installed.</summary>
    public static string? Find(string name) =>
        // brokers lie where not every user's path leads
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists);

    public static async Task<BenchBroker> StartAsync(string folder, string program)
    {
        var broker = new BenchBroker(folder, program, FreePort());
        try
        {
            await broker.LoggedAsync(" running");
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for a line of its log behind those that were waited for before. One caller.</summary>
    /// <exception cref="InvalidOperationException">It has ended, or does not say so.</exception>
    public async Task LoggedAsync(string part)
    {
        using var limit = new CancellationTokenSource(Patience);
        var passed = new List<string>();
        try
        {
            while (true)
            {
                passed.Add(await _log.Reader.ReadAsync(limit.Token));
                if (passed[^1].Contains(part, StringComparison.Ordinal)) return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            throw new InvalidOperationException(
                $"mosquitto does not say '{part}' in {_folder}: {string.Join('\n', passed)}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line) _log.Writer.TryWrite(line);
        _log.Writer.Complete();
    }
}
