namespace PluginNode.Simulation.World;

/// <summary>Makes a failing run smaller while it still fails: fewer kinds of trouble, fewer nodes, less time.</summary>
internal static class Reduction
{
    public static Result Of(Result failing)
    {
        var best = failing;
        for (var smaller = true; smaller;)
        {
            smaller = false;
            foreach (var plan in Smaller(best.Plan))
            {
                var result = Run.Of(plan);
                if (result.Fault is null || result.Steps >= best.Steps) continue;
                (best, smaller) = (result, true);
                break;
            }
        }
        return best;
    }

    private static IEnumerable<Plan> Smaller(Plan plan)
    {
        foreach (var kind in Enum.GetValues<Trouble>())
            if (kind is not (Trouble.None or Trouble.All) && plan.Has(kind))
                yield return plan with { Trouble = plan.Trouble & ~kind };
        if (plan.Sync) yield return plan with { Sync = false };
        if (plan.Nodes > 2) yield return plan with { Nodes = plan.Nodes - 1 };
        foreach (var part in (double[])[0.25, 0.5, 0.75, 0.9]) yield return plan with { Busy = plan.Busy * part };
    }
}
