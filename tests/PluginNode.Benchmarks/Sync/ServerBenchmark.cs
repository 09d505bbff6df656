using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Sync;

namespace PluginNode.Benchmarks.Sync;

/// <summary>What neighbours cost a node that holds many events: calls as a nara peer makes them, their answers read and
/// thrown away.</summary>
internal static class ServerBenchmark
{
    private const int Size = 5_000;

    public static async Task RunAsync(SyncTable table, string folder, List<Event> events)
    {
        var of = string.Create(CultureInfo.InvariantCulture, $"of {events.Count:N0}");
        using var identity = NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)200, 32)]);
        await using var node = await SyncNode.StartAsync(
            folder, "holder", 1, [new Peer("reader", identity.Self, [])], MemoryProfile.Hog, []);
        await node.HoldAsync(events);
        if (node.Kernel.Ledger.Count != events.Count)
            throw new InvalidOperationException($"{node.Kernel.Ledger.Count} of {events.Count} events are held");
        var signer = new NaraSigner(identity, "reader");
        var middle = events[events.Count / 2].Timestamp.ToString(CultureInfo.InvariantCulture);
        (string Name, string Asked)[] calls =
        [
            ("sample", $"\"mode\":\"sample\",\"sample_size\":{Size}"),
            ("page", $"\"mode\":\"page\",\"page_size\":{Size},\"cursor\":\"{middle}\""),
            ("recent", $"\"mode\":\"recent\",\"limit\":{Size}"),
            ("slice", $"\"subjects\":[\"emitter-03\"],\"slice_index\":1,\"slice_total\":8,\"max_events\":{Size}"),
        ];
        foreach (var (name, asked) in calls)
            await table.MeasureAsync(
                $"server, {name} of {Size} {of}", "calls/s", "CPU ms",
                () => CallAsync(node, signer, $$"""{"from":"reader",{{asked}}}"""));
        await table.MeasureAsync($"resident memory, {of} events", "MiB", () => Task.FromResult(Resident()));
    }

    private static async Task<(double PerSecond, double CpuMs)> CallAsync(SyncNode node, NaraSigner signer, string body)
    {
        const int calls = 40;
        using var http = new HttpClient();
        var url = new Uri($"{node.Peer.Addresses[0].Text["mesh+".Length..]}/events/sync");
        await OneAsync(http, url, signer, body);
        var (clock, cpu) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < calls; i++) await OneAsync(http, url, signer, body);
        return (calls / clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / calls);
    }

    private static async Task OneAsync(HttpClient http, Uri url, NaraSigner signer, string body)
    {
        // a request is taken once, and its time is all that differs from the one before
        while (Environment.TickCount64 == _last) await Task.Yield();
        _last = Environment.TickCount64;
        var time = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var signature = new byte[ISigner.SignatureBytes];
        signer.SignRequest(time, "POST", "/events/sync", signature);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        request.Headers.Add("X-Nara-Name", signer.Name);
        request.Headers.Add("X-Nara-Timestamp", time.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("X-Nara-Signature", Convert.ToBase64String(signature));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException($"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        await (await answer.Content.ReadAsStreamAsync()).CopyToAsync(Stream.Null);
    }

    private static long _last;

    private static double Resident()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / (double)(1 << 20);
    }
}
