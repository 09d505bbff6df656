using System.Diagnostics;
using System.Text.Json;

namespace PluginNode.Benchmarks;

/// <summary>A process that is one end, and is told what to do.</summary>
internal sealed class BenchEnd : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private BenchEnd(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public EndAnswer Listening { get; private set; } = new();

    /// <summary>This program again.</summary>
    public static Task<BenchEnd> OursAsync(params string[] arguments) =>
        StartAsync(Environment.ProcessPath!, arguments, "");

    /// <summary>Starts a program that takes calls on its standard input, and has it listen.</summary>
    public static async Task<BenchEnd> StartAsync(string file, string[] arguments, string folder)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        var end = new BenchEnd(Process.Start(start)!);
        end.Listening = await end.CallAsync(new EndCall("listen"));
        return end;
    }

    /// <summary>Does what standard input says until that ends.</summary>
    public static async Task<int> ServeAsync(Func<EndCall, Task<EndAnswer>> doAsync)
    {
        while (await Console.In.ReadLineAsync() is { } line)
        {
            EndAnswer answer;
            try
            {
                answer = await doAsync(JsonSerializer.Deserialize(line, EndJson.Default.EndCall)!);
            }
            catch (Exception e)
            {
                answer = new EndAnswer { Error = e.ToString() };
            }
            Console.Out.WriteLine(JsonSerializer.Serialize(answer, EndJson.Default.EndAnswer));
        }
        return 0;
    }

    /// <summary>What this process has used since it began.</summary>
    public static EndAnswer Usage() => new()
    {
        Allocated = GC.GetTotalAllocatedBytes(precise: true),
        Cpu = Environment.CpuUsage.TotalTime.TotalMicroseconds,
    };

    /// <summary>Has it do something and gives what came of it.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<EndAnswer> CallAsync(EndCall call)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(call, EndJson.Default.EndCall));
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        if (line is null)
        {
            await _process.WaitForExitAsync();
            throw new InvalidOperationException($"{this} has ended at '{call.Do}', with {_process.ExitCode}");
        }
        var answer = JsonSerializer.Deserialize(line, EndJson.Default.EndAnswer)!;
        return answer.Error is null ? answer
            : throw new InvalidOperationException($"{this} failed at '{call.Do}': {answer.Error}");
    }

    public override string ToString() => $"{Path.GetFileName(_process.StartInfo.FileName)} ({_process.Id})";

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
