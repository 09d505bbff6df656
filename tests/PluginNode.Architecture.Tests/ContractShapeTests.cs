using System.Reflection;
using PluginNode.Plugins;

namespace PluginNode.Architecture;

/// <summary>Contracts stay small enough to be implemented by somebody else.</summary>
[TestFixture]
internal sealed class ContractShapeTests
{
    private const int MostMembers = 5;

    private static IEnumerable<Type> Interfaces =>
        typeof(IPlugin).Assembly.GetExportedTypes().Where(t => t.IsInterface);

    [TestCaseSource(nameof(Interfaces))]
    public void Interface_HasFiveMembersOfItsOwnAtMost(Type contract) =>
        Assert.That(OwnMembers(contract), Has.Length.LessThanOrEqualTo(MostMembers));

    [Test]
    public void TheRule_CountsAPropertyOnce() => Assert.That(OwnMembers(typeof(IPluginBuilder)), Has.Length.EqualTo(5));

    private static string[] OwnMembers(Type type)
    {
        const BindingFlags own =
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return [.. type.GetMembers(own).Where(m => m is not MethodInfo { IsSpecialName: true }).Select(m => m.Name)];
    }
}
