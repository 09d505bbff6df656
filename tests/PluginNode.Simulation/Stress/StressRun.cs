using PluginNode.Conformance.Fakes;
using PluginNode.Identity;
using PluginNode.Simulation.Checks;
using PluginNode.Simulation.Machine;
using PluginNode.Simulation.World;

namespace PluginNode.Simulation.Stress;

/// <summary>
/// The workload and the auditor of the simulation around nodes that run as in production: on the thread pool, with real
/// timers, real files and several threads at once. What it does is drawn from the seed; in which order the threads do
/// it is not, so that every run is another one.
/// </summary>
internal static class StressRun
{
    private const int Times = 400;
    private static readonly TimeSpan Settle = TimeSpan.FromMinutes(60);

    /// <summary>What was found, or null; and how many messages were sent and seen.</summary>
    public static (string? Fault, int Sent, int Seen) Of(ulong seed, TimeSpan busy)
    {
        var folder = Directory.CreateTempSubdirectory("pluginnode-stress");
        var time = new FastTime(Times);
        var stage = new StageThread(seed, time);
        var play = new Play(stage, time, busy, folder.FullName);
        var fault = stage.Run(play.RunAsync);
        if (fault is null) folder.Delete(recursive: true);
        else fault = $"{string.Join('\n', stage.Trace.Last)}\n{fault}\n(files: {folder.FullName})";
        return (fault, play.Auditor.Messages, play.Auditor.Seen);
    }

    private sealed class Play
    {
        private readonly Plan _plan;
        private readonly StageThread _stage;
        private readonly FastTime _time;
        private readonly LossyLink _link;
        private readonly List<PoolNode> _nodes = [];
        private readonly List<Peer> _peers = [];

        public Play(StageThread stage, FastTime time, TimeSpan busy, string folder)
        {
            (_stage, _time) = (stage, time);
            _plan = new Plan(0) { Busy = busy };
            Auditor = new Auditor(stage, _plan.Options);
            _link = new LossyLink(stage.Chance)
            {
                HoldBack = TimeSpan.FromSeconds(8), Delay = TimeSpan.FromMilliseconds(40),
            };
            var network = new MemoryNetwork(_link, time);
            for (var i = 0; i < 3; i++)
            {
                var node = new PoolNode(stage, network, Auditor, time, folder, i);
                _nodes.Add(node);
                _peers.Add(new Peer(node.Name, node.Id, [MemoryNetwork.AddressOf(node.Id)]));
                Auditor.Addressees.Add(node.Id);
                Auditor.Names.Add(node.Id, node.Name);
            }
        }

        public Auditor Auditor { get; }

        public async Task RunAsync()
        {
            foreach (var node in _nodes) await node.StartAsync(_peers, _plan.Options);
            var end = _time.GetElapsedTime(0) + _plan.Busy;
            while (_time.GetElapsedTime(0) < end)
            {
                await Task.Delay(_stage.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)), _time);
                await MakeTroubleAsync();
                foreach (var node in _nodes) await Auditor.AuditAsync(node, node.Kernel!);
            }
            (_link.Drop, _link.Duplicate, _link.Reorder) = (0, 0, 0);
            foreach (var one in _nodes)
                foreach (var other in _nodes) _link.Heal(one.Id, other.Id);
            foreach (var node in _nodes) await node.QuietenAsync();
            await SettleAsync();
            await Auditor.SettledAsync(_nodes);
            foreach (var node in _nodes) await node.StopAsync();
        }

        private async Task MakeTroubleAsync()
        {
            var (one, other) = (_nodes[_stage.Below(_nodes.Count)], _nodes[_stage.Below(_nodes.Count)]);
            (_link.Drop, _link.Duplicate, _link.Reorder) = (Rate(), Rate(), Rate());
            if (_stage.Happens(0.2)) _link.CutOneWay(one.Id, other.Id);
            else if (_stage.Happens(0.4)) _link.Heal(one.Id, other.Id);
            if (!_stage.Happens(0.15)) return;
            await one.StopAsync();
            await one.StartAsync(_peers, _plan.Options);
        }

        /// <summary>Until nothing waits and the inboxes are empty; the auditor says what is wrong with what is left
        /// when the time is over.</summary>
        private async Task SettleAsync()
        {
            var end = _time.GetElapsedTime(0) + Settle;
            while (_time.GetElapsedTime(0) < end)
            {
                await Task.Delay(TimeSpan.FromSeconds(20), _time);
                var busy = false;
                foreach (var node in _nodes)
                {
                    var m = await node.Kernel!.MetricsAsync();
                    busy |= m.Waiting > 0 || m.InboxWaiting > 0;
                }
                if (!busy) return;
            }
        }

        private double Rate() => _stage.Happens(0.5) ? 0 : 0.3 * _stage.Chance.NextDouble();
    }
}
