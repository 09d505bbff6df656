using PluginNode.Simulation.Checks;

namespace PluginNode.Simulation.Tests;

/// <summary>Which losses flipped bits account for.</summary>
public sealed class LossesTests
{
    private static readonly Dictionary<int, long> Flips = new() { [0] = 1, [1] = 2 };

    [Test]
    public void TooMany_AsManyAsWereFlipped_IsNobody()
    {
        var losses = new Losses(Flips);
        losses.Add(0, 1); // either
        losses.Add(0, 1);
        losses.Add(2, 1); // only node 1 can have lost it

        Assert.That(losses.TooMany(), Is.Null);
    }

    [Test]
    public void TooMany_MoreThanOneNodeCanHaveLost_IsThatNode()
    {
        var losses = new Losses(Flips);
        losses.Add(0, 2);
        losses.Add(2, 0);

        Assert.That(losses.TooMany(), Is.EqualTo([0]));
    }

    [Test]
    public void TooMany_MoreThanBothCanHaveLost_IsBoth()
    {
        var losses = new Losses(Flips);
        for (var i = 0; i < 4; i++) losses.Add(0, 1);

        Assert.That(losses.TooMany(), Is.EqualTo([0, 1]));
    }

    [Test]
    public void TooMany_NothingWasFlipped_IsNoExcuse()
    {
        var losses = new Losses(new Dictionary<int, long>());
        losses.Add(0, 1);

        Assert.That(losses.TooMany(), Is.Empty);
    }
}
