using System.Diagnostics;
using System.Text;

namespace PluginNode.Benchmarks.Mqtt;

/// <summary>mosquitto's own clients, each a process. They are started, connected and subscribed before the clock runs,
/// but for <c>mosquitto_rr</c>, which asks once and ends.</summary>
/// <param name="broker">Where they meet.</param>
internal sealed class MosquittoClients(BenchBroker broker)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private int _number;

    /// <summary>A subscriber that ends once it has so many.</summary>
    public async Task<Process> SubscribeAsync(EndCall call)
    {
        var id = NewId();
        // what it prints goes nowhere, without a reader that would take time of its own
        var process = Start("/bin/sh",
        [
            "-c", "exec \"$0\" \"$@\" > /dev/null", BenchBroker.Find("mosquitto_sub")!,
            .. Arguments(id, call), "-C", $"{call.Count}", .. ReceiveMaximum,
        ]);
        await broker.LoggedAsync($"{id} {call.Qos} {call.Topic}");
        return process;
    }

    /// <summary>A publisher that waits for lines.</summary>
    public async Task<Process> PublisherAsync(EndCall call)
    {
        var id = NewId();
        var process = Start(
            BenchBroker.Find("mosquitto_pub")!, [.. Arguments(id, call), "-l", "-M", $"{BenchBroker.InFlight}"]);
        await broker.LoggedAsync($" as {id} ");
        return process;
    }

    /// <summary>Gives a publisher its lines.</summary>
    public static async Task PublishAsync(Process publisher, EndCall call)
    {
        var line = Line(call.Bytes);
        var most = Math.Max(1, (64 << 10) / line.Length);
        var many = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(line, most)));
        var input = publisher.StandardInput.BaseStream;
        for (var left = call.Count; left > 0; left -= most)
            await input.WriteAsync(many.AsMemory(0, Math.Min(left, most) * line.Length));
        await input.FlushAsync();
    }

    /// <summary>Asks over pipes: <c>mosquitto_pub -l</c> and <c>mosquitto_sub</c> on either side.</summary>
    public async Task<EndAnswer> TripsAsync(EndCall call)
    {
        var back = call with { Topic = $"{call.Topic}/back" };
        var (from, to, listener) = (NewId(), NewId(), NewId());
        string[] untilAllCame = ["-C", $"{call.Count + 1}", .. ReceiveMaximum]; // the first is for waking up
        var answering = Start("/bin/sh",
        [
            "-c", $"\"$0\" {string.Join(' ', Arguments(from, call))} {string.Join(' ', untilAllCame)} | "
                + $"\"$1\" {string.Join(' ', Arguments(to, back))} -l",
            BenchBroker.Find("mosquitto_sub")!, BenchBroker.Find("mosquitto_pub")!,
        ]);
        await broker.LoggedAsync($"{from} {call.Qos} {call.Topic}");
        var listening = Start(BenchBroker.Find("mosquitto_sub")!, [.. Arguments(listener, back), .. untilAllCame]);
        await broker.LoggedAsync($"{listener} {call.Qos} {back.Topic}");
        var asking = await PublisherAsync(call);
        await Task.Run(() => Trip(asking, listening, call with { Count = 1 })); // it sleeps until it is connected
        var trips = await Task.Run(() => Trip(asking, listening, call));
        asking.StandardInput.Close();
        foreach (var process in (Process[])[asking, listening, answering]) await EndedAsync(process);
        return Trips.Of(trips);
    }

    /// <summary>Asks with a process for each request; somebody has to answer.</summary>
    public async Task<EndAnswer> ProcessTripsAsync(EndCall call)
    {
        var trips = new long[call.Count];
        var payload = Line(call.Bytes)[..^1];
        for (var i = 0; i < trips.Length; i++)
        {
            var id = NewId();
            var begun = Stopwatch.GetTimestamp();
            using var asking = Start(
                BenchBroker.Find("mosquitto_rr")!,
                [.. Arguments(id, call), "-e", $"{call.Topic}/{id}", "-m", payload, "-W", "60"]);
            await asking.StandardOutput.ReadToEndAsync();
            await asking.WaitForExitAsync();
            trips[i] = Stopwatch.GetTimestamp() - begun;
            if (asking.ExitCode != 0) throw new InvalidOperationException($"mosquitto_rr ended with {asking.ExitCode}");
        }
        return Trips.Of(trips);
    }

    /// <exception cref="InvalidOperationException">It failed, or does not end.</exception>
    public static async Task EndedAsync(Process process)
    {
        using var limit = new CancellationTokenSource(Patience);
        var what = string.Join(' ', process.StartInfo.ArgumentList);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"it does not end within {Patience}: {what}", e);
        }
        if (process.ExitCode != 0) throw new InvalidOperationException($"it ended with {process.ExitCode}: {what}");
        process.Dispose();
    }

    private static string[] ReceiveMaximum =>
        ["-D", "connect", "receive-maximum", $"{BenchBroker.InFlight}"];

    // on a thread that reads and writes the pipes itself
    private static long[] Trip(Process asking, Process listening, EndCall call)
    {
        var line = Encoding.ASCII.GetBytes(Line(call.Bytes));
        var (to, from) = (asking.StandardInput.BaseStream, listening.StandardOutput.BaseStream);
        var (answer, trips) = (new byte[line.Length], new long[call.Count]);
        for (var i = 0; i < trips.Length; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            to.Write(line);
            to.Flush();
            from.ReadExactly(answer);
            trips[i] = Stopwatch.GetTimestamp() - begun;
        }
        return trips;
    }

    private static Process Start(string file, IEnumerable<string> arguments) =>
        Process.Start(new ProcessStartInfo(file, arguments)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true,
        })!;

    private static string Line(int bytes) => new string('x', bytes) + "\n";

    private string[] Arguments(string id, EndCall call) =>
    [
        "-h", "127.0.0.1", "-p", $"{broker.Port}", "-V", "5", "--nodelay", "-i", id, "-t", call.Topic,
        "-q", $"{call.Qos}",
    ];

    private string NewId() => $"c{++_number:0000}";
}
