using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace PluginNode.Mqtt.Tests.Broker;

/// <summary>
/// A real mosquitto, on a free port of loopback, with its files in a folder of its own. It ends with the test, and with
/// the test's process however that ends: a watcher holds the other end of a pipe.
/// </summary>
internal sealed class Mosquitto : IAsyncDisposable
{
    // The broker takes over the shell's process. What watches kills it once the pipe ends without a line.
    private const string Watched =
        "exec 3<&0; (read -r line <&3 || kill -9 $$) >/dev/null 2>&1 & exec 3<&-; exec \"$0\" -c \"$1\" </dev/null";

    private static readonly string? Program = Tool.Find("mosquitto");

    private readonly string[] _lines;
    private readonly ConcurrentQueue<string> _log = new();
    private Channel<string> _fresh = Channel.CreateUnbounded<string>();
    private Process? _process;
    private Task _reading = Task.CompletedTask;

    private Mosquitto(string folder, string[] lines)
    {
        Folder = folder;
        _lines = lines;
    }

    public string Folder { get; }

    public int Port { get; private set; }

    /// <summary>Starts one, or leaves the test out where there is none.</summary>
    /// <param name="lines">Of its configuration, beside the listener; <c>FOLDER</c> is its folder.</param>
    public static async Task<Mosquitto> StartAsync(params string[] lines)
    {
        if (Program is null || Tool.Find("mosquitto_pub") is null)
            Assert.Ignore("mosquitto is not installed: install the packages mosquitto and mosquitto-clients.");
        var broker = new Mosquitto(Directory.CreateTempSubdirectory("mqtt-broker-").FullName, lines);
        // Another process may take the port that was just free.
        for (var tries = 5; ; tries--)
        {
            broker.Port = FreePort();
            if (await broker.TryStartAsync()) return broker;
            if (tries > 1) continue;
            var log = string.Join('\n', broker._log);
            await broker.DisposeAsync();
            Assert.Fail($"mosquitto does not start:\n{log}");
        }
    }

    /// <summary>Starts it again, on the same port.</summary>
    public async Task StartAgainAsync() =>
        Assert.That(
            await TryStartAsync(), Is.True, () => $"mosquitto does not start again:\n{string.Join('\n', _log)}");

    /// <summary>SIGTERM: it writes its sessions down, where it is told to persist.</summary>
    public async Task StopAsync()
    {
        await Tool.RunAsync("kill", "-TERM", $"{_process!.Id}");
        await EndedAsync();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await EndedAsync();
    }

    /// <summary>Waits for a line of its log since the last call.</summary>
    public async Task LoggedAsync(string part)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        try
        {
            while (!(await _fresh.Reader.ReadAsync(limit.Token)).Contains(part, StringComparison.Ordinal))
            {
                // another line
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"mosquitto does not log '{part}':\n{string.Join('\n', _log)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await KillAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> TryStartAsync()
    {
        var file = Path.Combine(Folder, "mosquitto.conf");
        string[] all =
        [
            // As root it would become another user, who may not read here.
            "user root", "log_dest stderr", "log_type all", "set_tcp_nodelay true", $"listener {Port} 127.0.0.1",
            .. _lines,
        ];
        await File.WriteAllLinesAsync(
            file, all.Select(l => l.Replace("FOLDER", Folder, StringComparison.Ordinal)));
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Watched, Program!, file])
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true,
        })!;
        _fresh = Channel.CreateUnbounded<string>();
        _reading = ReadAsync(_process.StandardError, _fresh.Writer);
        while (await _fresh.Reader.WaitToReadAsync())
            while (_fresh.Reader.TryRead(out var line))
                if (line.EndsWith(" running", StringComparison.Ordinal)) return true;
        await EndedAsync();
        return false;
    }

    private async Task ReadAsync(StreamReader reader, ChannelWriter<string> fresh)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            _log.Enqueue(line);
            fresh.TryWrite(line);
        }
        fresh.TryComplete();
    }

    private async Task EndedAsync()
    {
        using var process = _process!;
        _process = null;
        await process.WaitForExitAsync();
        try
        {
            await process.StandardInput.WriteLineAsync(); // the watcher goes without killing
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // it went before
        }
        await _reading;
    }
}
