namespace PluginNode.Architecture;

/// <summary>Every guarantee names tests that are there and run.</summary>
[TestFixture]
internal sealed class GuaranteeTests
{
    private const int Promises = 9;

    private static readonly Lazy<TestCatalog> Catalog = new(TestCatalog.OfTheHouse);

    private static IEnumerable<Guarantee> Rows => GuaranteeSheet.Read(File.ReadAllText(GuaranteeSheet.Path));

    [TestCaseSource(nameof(Rows))]
    public void Row_NamesTests_AndEachOfThemIsThere(Guarantee row)
    {
        Assert.That(row.Tests, Is.Not.Empty, "A guarantee without a test is none.");
        Assert.That(row.Tests, Is.Unique);
        Assert.That(Missing(row), Is.Empty, "There are no such tests, or they do not run.");
    }

    [Test]
    public void EveryPromise_HasRows() =>
        Assert.That(Rows.Select(r => r.Promise).Distinct(), Is.SupersetOf(Enumerable.Range(1, Promises)));

    [Test]
    public void Rows_AreNumberedInOrder()
    {
        foreach (var promise in Rows.GroupBy(r => r.Promise))
            Assert.That(
                promise.Select(r => r.Number), Is.EqualTo(promise.Select((_, i) => $"{promise.Key}.{i + 1}")));
        Assert.That(Rows.Select(r => r.Promise), Is.Ordered);
    }

    [Test]
    public void TheRule_SeesWhatIsMissing()
    {
        const string sheet = """
            ## 1. One
            ### 1.1 Sound
            Text with `something` in it.
            - Not: `else`.
            - Tests: `GuaranteeTests.TheRule_SeesWhatIsMissing`,
              `TidyTests.SourceFiles_AreThere`

            ### 1.2 Without
            - Tests:
            ### 1.3 Wrong
            - Tests: `GuaranteeTests.Rows`, `NoSuchTests.At_All`, `PluginConformance.Stop_Twice_DoesNothing`
            """;
        var rows = GuaranteeSheet.Read(sheet);
        Assert.That(rows.Select(r => r.Tests.Count), Is.EqualTo([2, 0, 3]));
        Assert.That(Missing(rows[0]), Is.Empty);
        Assert.That(Missing(rows[2]), Is.EqualTo(rows[2].Tests), "no test, nowhere, and of a class that is abstract");
    }

    [TestCase("FileStorePluginConformanceTests.Stop_Twice_DoesNothing", Description = "of a class of another assembly")]
    [TestCase("Ed25519Tests.PeerId_AnyKey_RoundTrips", Description = "a property")]
    [TestCase("GuaranteeTests.Row_NamesTests_AndEachOfThemIsThere", Description = "cases from a source")]
    [TestCase("GuaranteeTests.TheRule_SeesTests", Description = "cases")]
    public void TheRule_SeesTests(string name) => Assert.That(Catalog.Value.Tests, Does.Contain(name));

    private static IEnumerable<string> Missing(Guarantee row) => row.Tests.Where(t => !Catalog.Value.Tests.Contains(t));
}
