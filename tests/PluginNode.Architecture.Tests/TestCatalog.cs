using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace PluginNode.Architecture;

/// <summary>
/// The tests that run, read from the metadata of the built test assemblies: methods with an attribute that makes a
/// test, of the class itself or of those that it derives from. What is marked to be left out is left out here too.
/// </summary>
internal sealed class TestCatalog
{
    private static readonly string[] MakesATest =
    [
        "NUnit.Framework.TestAttribute", "NUnit.Framework.TestCaseAttribute", "NUnit.Framework.TestCaseSourceAttribute",
        "NUnit.Framework.TheoryAttribute", "FsCheck.NUnit.PropertyAttribute",
    ];

    private static readonly string[] LeavesItOut =
        ["NUnit.Framework.IgnoreAttribute", "NUnit.Framework.ExplicitAttribute"];

    private readonly Dictionary<string, TestClass> _classes = new(StringComparer.Ordinal);

    private TestCatalog(IEnumerable<string> assemblies)
    {
        foreach (var path in assemblies) Read(path);
        Tests = _classes.Values.Where(c => !c.IsAbstract)
            .SelectMany(c => TestsOf(c).Select(t => $"{c.Name}.{t}")).ToHashSet(StringComparer.Ordinal);
    }

    private sealed record TestClass(
        string Name, string Base, bool IsAbstract, bool IsLeftOut, IReadOnlyList<string> Tests);

    /// <summary>Each as <c>Class.Method</c>, without namespace and cases.</summary>
    public IReadOnlySet<string> Tests { get; }

    /// <summary>Of all test projects, and of the libraries that their classes derive from.</summary>
    public static TestCatalog OfTheHouse() => new(House.Tests.Select(a => a.Path));

    private IEnumerable<string> TestsOf(TestClass c)
    {
        if (c.IsLeftOut) return [];
        return _classes.TryGetValue(c.Base, out var derivedFrom) ? c.Tests.Concat(TestsOf(derivedFrom)) : c.Tests;
    }

    private void Read(string path)
    {
        using var file = File.OpenRead(path);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            var tests = type.GetMethods().Select(metadata.GetMethodDefinition)
                .Where(m => Has(m.GetCustomAttributes(), MakesATest) && !Has(m.GetCustomAttributes(), LeavesItOut))
                .Select(m => metadata.GetString(m.Name)).Distinct(StringComparer.Ordinal).ToList();
            var name = metadata.GetString(type.Name);
            _classes[$"{metadata.GetString(type.Namespace)}.{name}"] = new TestClass(
                name, FullNameOf(metadata, type.BaseType), type.Attributes.HasFlag(TypeAttributes.Abstract),
                Has(type.GetCustomAttributes(), LeavesItOut), tests);
        }

        bool Has(CustomAttributeHandleCollection attributes, string[] names) =>
            attributes.Select(metadata.GetCustomAttribute).Any(a => names.Contains(NameOf(metadata, a)));
    }

    // Empty for an attribute of the assembly's own.
    private static string NameOf(MetadataReader metadata, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference) return "";
        var constructor = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
        return FullNameOf(metadata, constructor.Parent);
    }

    private static string FullNameOf(MetadataReader metadata, EntityHandle type)
    {
        switch (type.Kind)
        {
            case HandleKind.TypeReference:
                var reference = metadata.GetTypeReference((TypeReferenceHandle)type);
                return $"{metadata.GetString(reference.Namespace)}.{metadata.GetString(reference.Name)}";
            case HandleKind.TypeDefinition when !type.IsNil:
                var definition = metadata.GetTypeDefinition((TypeDefinitionHandle)type);
                return $"{metadata.GetString(definition.Namespace)}.{metadata.GetString(definition.Name)}";
            default:
                return "";
        }
    }
}
