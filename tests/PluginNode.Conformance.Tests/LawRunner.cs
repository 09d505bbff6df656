using System.Reflection;
using NUnit.Framework.Internal;

namespace PluginNode.Conformance.Tests;

/// <summary>Runs one law of a fixture, to see whether it breaks.</summary>
internal static class LawRunner
{
    /// <summary>The names of a fixture's laws.</summary>
    public static IEnumerable<string> LawsOf(Type fixture) => fixture.GetMethods()
        .Where(m => m.IsDefined(typeof(TestAttribute), true) || m.IsDefined(typeof(TestCaseAttribute), true))
        .Select(m => m.Name);

    /// <summary>Why the law is broken; null where it holds or is ignored. Of a law with cases any may
    /// break.</summary>
    /// <param name="create">Makes the fixture, a new one for each case.</param>
    /// <param name="laws">The type that has the law.</param>
    /// <param name="law">Its name.</param>
    public static async Task<string?> BreakAsync(Func<object> create, Type laws, string law)
    {
        var method = laws.GetMethod(law) ?? throw new ArgumentException($"{laws.Name} has no law {law}.", nameof(law));
        var cases = method.GetCustomAttributes<TestCaseAttribute>().Select(c => c.Arguments).DefaultIfEmpty([]);
        foreach (var arguments in cases)
            if (await BreakAsync(() => method.Invoke(create(), arguments)) is { } reason) return reason;
        return null;
    }

    // The law runs in a context of its own, so that its failure is a result here and not this test's.
    private static async Task<string?> BreakAsync(Func<object?> law)
    {
        using var isolated = new TestExecutionContext.IsolatedContext();
        try
        {
            if (law() is Task task) await task;
            return null;
        }
        catch (Exception e)
        {
            var reason = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            return reason is IgnoreException or SuccessException ? null : $"{reason.GetType().Name}: {reason.Message}";
        }
    }
}
