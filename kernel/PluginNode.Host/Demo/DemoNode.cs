using System.Collections.Concurrent;
using System.Diagnostics;
using PluginNode.Api;
using PluginNode.Commands;
using PluginNode.Composition;
using PluginNode.Configuration;
using PluginNode.Identity;

namespace PluginNode.Demo;

/// <summary>One node of the demo: a folder, and now and then a real process.</summary>
internal sealed class DemoNode : IDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(100);

    private readonly string _file;
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    /// <summary>Writes its folder and makes its key.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="installed">The text of the installed configuration.</param>
    /// <param name="pluginsFolder">Where the plugins lie.</param>
    /// <param name="peers">Whom it knows from the start.</param>
    public DemoNode(
        string folder, string name, string installed, string pluginsFolder, params IEnumerable<PeerSection> peers)
    {
        Name = name;
        Configuration = DemoConfiguration.Derive(installed, pluginsFolder, name, peers);
        Directory.CreateDirectory(folder);
        _file = Path.Combine(folder, ConfigurationFile.DefaultName);
        File.WriteAllText(_file, Configuration.Text);
        var settings = ConfigurationFile.Read(_file, new Dictionary<string, string>(StringComparer.Ordinal));
        using var identity = NodeIdentity.LoadOrCreate(settings.IdentityFile);
        PublicKey = Convert.ToBase64String(identity.Self.ToPublicKey());
        Api = new ApiClient(Configuration.Api, settings.TokenFile);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its configuration.</summary>
    public DemoConfiguration Configuration { get; }

    /// <summary>Its key.</summary>
    public string PublicKey { get; }

    /// <summary>Its control API.</summary>
    public ApiClient Api { get; }

    /// <summary>The process's id.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>Starts the process and waits until it is ready.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _log.Clear();
        _process = Process.Start(StartInfo())!;
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
        using var late = new CancellationTokenSource(StartsWithin);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        while (!await IsReadyAsync(either.Token))
        {
            if (_process.HasExited)
                throw new StartException($"{Name} ended at once:\n{string.Join('\n', _log)}");
            await Task.Delay(AskEvery, TimeProvider.System, CancellationToken.None);
            if (late.IsCancellationRequested)
                throw new StartException($"{Name} was not ready within {StartsWithin}:\n{string.Join('\n', _log)}");
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>How others know it: its key, and where it can be reached.</summary>
    /// <param name="plugins">The plugins, as a node that runs tells them.</param>
    /// <exception cref="StartException">It can't be reached.</exception>
    public PeerSection AsPeer(PluginList plugins)
    {
        var addresses = Configuration.Addresses(plugins);
        return addresses.Count > 0
            ? new PeerSection { Name = Name, PublicKey = PublicKey, Addresses = addresses }
            : throw new StartException("no installed transport listens on a loopback URL");
    }

    /// <summary>Tells it of another node.</summary>
    public async Task<PeerSection> MeetAsync(DemoNode other, CancellationToken cancellation)
    {
        var plugins = await Api.GetAsync("/v1/plugins", ApiJson.Wire.PluginList, cancellation);
        var peer = other.AsPeer(plugins.Value);
        await Api.CallAsync(
            HttpMethod.Put, $"/v1/peers/{peer.Name}",
            new PeerPut { PublicKey = peer.PublicKey, Addresses = peer.Addresses },
            ApiJson.Wire.PeerPut, ApiJson.Wire.PeerBody, cancellation);
        return peer;
    }

    /// <summary>Ends the process as a power cut would: <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        if (_process is not { HasExited: false }) return;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Kills what still runs.</summary>
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process?.Dispose();
        Api.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        try
        {
            await Api.CallAsync(HttpMethod.Get, "/health/ready", null, cancellation);
            return true;
        }
        catch (Exception e) when (e is NotReachableException or ApiProblemException or OperationCanceledException)
        {
            return false;
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self) { RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in (string[])["run", "--config", _file]) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.ToList())
            if (name.StartsWith(EnvironmentOverrides.Prefix, StringComparison.Ordinal)) start.Environment.Remove(name);
        return start;
    }
}
