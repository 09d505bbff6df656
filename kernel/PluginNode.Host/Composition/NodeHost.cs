using PluginNode.Api;
using PluginNode.Configuration;
using PluginNode.Delivery;
using PluginNode.Identity;
using PluginNode.Ledger;
using PluginNode.Plugins;
using PluginNode.Storage;
using PluginNode.Transports;

namespace PluginNode.Composition;

/// <summary>
/// A whole node in this process: opens the store, attaches what plugins provide, and serves the control API.
/// <code>
/// data folder, identity, token → plugins → event kinds → store → kernel → sinks, sync, answerers → control API →
///   transports → recovery begins → ready
/// stop: control API and kernel, recovery with it → transports → kernel disposed → plugins
/// </code>
/// </summary>
public sealed class NodeHost : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly List<(PluginEntry Plugin, ITransport Transport)> _transports = [];
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(30);

    private readonly ControlApi _api;
    private readonly DataFolder _data;
    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;
    private bool _stopped;

    private NodeHost(RunningNode node, ApiToken token, ControlApi api, DataFolder data, ILogger logger)
    {
        _data = data;
        Node = node;
        Token = token;
        _api = api;
        _logger = logger;
    }

    /// <summary>What the control API shows.</summary>
    public RunningNode Node { get; }

    /// <summary>The token that opens the control API.</summary>
    public ApiToken Token { get; }

    /// <summary>Where the control API listens, with the real port.</summary>
    public Uri Address => _api.Address;

    /// <summary>Starts a node.</summary>
    /// <exception cref="StartException">It can't start; everything that was begun is undone.</exception>
    public static async Task<NodeHost> StartAsync(
        NodeSettings settings, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var data = DataFolder.Hold(settings.DataFolder);
        try
        {
            return await StartAsync(settings, data, time, loggers, cancellation);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    private static async Task<NodeHost> StartAsync(
        NodeSettings settings, DataFolder data, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var logger = loggers.CreateLogger("PluginNode.Node");
        var services = NodeServices.Prepare(settings, time, loggers);
        HostLogMessages.Starting(logger, settings.Sections.Node.Name, services.Identity.Self.ToString());
        var token = ApiToken.LoadOrCreate(settings.TokenFile);
        var former = NodeServices.Former(settings);
        var plugins = PluginSet.Load(settings, Path.Combine(settings.DataFolder, "run"), services.AddTo, logger);
        NodeKernel? kernel = null;
        NodeHost? host = null;
        try
        {
            PluginKinds.Add(plugins, services.Kinds);
            if (!NaraSigner.IsName(services.Info.Name)) HostLogMessages.NoNaraName(logger, services.Info.Name);
            kernel = await OpenAsync(settings, services, former, plugins, logger, cancellation);
            services.Ledger.Open(kernel);
            services.Requests.Open(kernel);
            var node = new RunningNode(settings, kernel, plugins, services.Kinds, time);
            AttachSinks(node);
            node.Sync.Attach(settings.Kernel.Sync.Chain, logger);
            PluginAnswerers.Attach(plugins, kernel);
            var api = await ControlApi.StartAsync(node, token, loggers, cancellation);
            HostLogMessages.ApiListens(logger, api.Address.ToString());
            host = new NodeHost(node, token, api, data, logger);
            await host.StartTransportsAsync(cancellation);
            host.BeginRecovery(time);
            node.Phase = "ready";
            HostLogMessages.Ready(logger);
            return host;
        }
        catch
        {
            if (host is not null) await host.DisposeAsync();
            else
            {
                if (kernel is not null) await kernel.DisposeAsync();
                await plugins.DisposeAsync(time);
            }
            throw;
        }
    }

    /// <summary>Ends it: nothing new is taken, and what is in flight gets until <paramref name="graceEnds"/>.</summary>
    public async Task StopAsync(CancellationToken graceEnds)
    {
        if (_stopped) return;
        _stopped = true;
        Node.Phase = "stopping";
        await _stopping.CancelAsync();
        // The API goes on answering until the kernel's intake has stopped, so that nobody is cut off without an answer.
        var kernel = Node.Kernel.StopAsync(graceEnds);
        await _api.StopAsync(graceEnds);
        await kernel; // strategies ask through the transports: recovery ends before them
        await _watching;
        foreach (var (plugin, transport) in _transports)
        {
            try
            {
                await PluginEntry.EndsAsync(transport.StopAsync(graceEnds), Node.Time);
            }
            catch (Exception e)
            {
                plugin.Fault($"stop: {FaultText.Of(e)}");
            }
            Node.Kernel.Detach(transport);
        }
        await _api.DisposeAsync();
        await Node.Kernel.DisposeAsync();
        await Node.Plugins.DisposeAsync(Node.Time);
        _data.Dispose();
        _stopping.Dispose();
        HostLogMessages.Stopped(_logger);
    }

    /// <summary>Ends it without grace.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true));

    private static async Task<NodeKernel> OpenAsync(
        NodeSettings settings, NodeServices services, IReadOnlyList<Identity.NodeIdentity> former, PluginSet plugins,
        ILogger logger, CancellationToken cancellation)
    {
        var (store, name) = plugins.ChooseStore(settings.Sections.Store);
        var parts = new KernelParts(
            services.Identity, former, LentStore.Of(store), services.Peers, services.Time, services.Chance, services.Loggers)
        {
            Kinds = services.Kinds, SignatureChecks = new ParallelSignatureChecks(), PluginFaulted = plugins.Fault,
        };
        try
        {
            HostLogMessages.StoreChosen(logger, name);
            return await NodeKernel.OpenAsync(parts, settings.Kernel, cancellation);
        }
        catch (StoreException e)
        {
            throw new StartException($"store '{name}': {e.Message}");
        }
    }

    private static void AttachSinks(RunningNode node)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var plugin in node.Plugins.All)
            foreach (var sink in plugin.Services<IMessageSink>())
                AttachSink(sink, plugin, node, taken);
    }

    private static void AttachSink(IMessageSink sink, PluginEntry plugin, RunningNode node, Dictionary<string, string> taken)
    {
        try
        {
            var protocols = sink.Protocols;
            if (protocols.FirstOrDefault(taken.ContainsKey) is { } twice)
            {
                plugin.Fault($"the plugin '{taken[twice]}' takes one of its protocols already");
                return;
            }
            node.Kernel.Attach(sink);
            foreach (var protocol in protocols) taken[protocol] = plugin.Id;
        }
        catch (Exception e)
        {
            plugin.Fault($"message sink: {FaultText.Of(e)}");
        }
    }

    private void BeginRecovery(TimeProvider time)
    {
        _watching = new RecoveryLog(Node.Kernel.Recovery, time, _logger).RunAsync(_stopping.Token);
        Node.Kernel.Recovery.Begin();
    }

    private async Task StartTransportsAsync(CancellationToken cancellation)
    {
        foreach (var plugin in Node.Plugins.All)
            foreach (var transport in plugin.Services<ITransport>())
                await StartAsync(plugin, transport, cancellation);
    }

    private async Task StartAsync(PluginEntry plugin, ITransport transport, CancellationToken cancellation)
    {
        try
        {
            var scheme = transport.Scheme;
            if (_transports.Exists(t => t.Transport.Scheme == scheme))
                throw new TransportException($"another plugin takes addresses of the scheme '{scheme}' already");
            var arrivals = Node.Kernel.TransportHost;
            if (transport is IPeerEvents events)
                events.OnPeerChanged((peer, up) =>
                {
                    if (up) arrivals.Heard(peer, null);
                });
            await transport.StartAsync(arrivals, cancellation).WaitAsync(StartWithin, cancellation);
            Node.Kernel.Attach(transport);
            plugin.Schemes = [.. plugin.Schemes, scheme];
            _transports.Add((plugin, transport));
        }
        catch (TimeoutException)
        {
            plugin.Fault($"its transport did not start within {StartWithin.TotalSeconds} s");
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            plugin.Fault(e is TransportException ? FaultText.MessageOf(e) : FaultText.Of(e));
        }
    }
}
