using System.Text;
using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cdi;

/// <summary>What a vendor's file may have, and what is said about one that has something else.</summary>
public sealed class CdiSpecTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cdi-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("vendor.com/class=device", true)]
    [InlineData("a/b=0", true)]
    [InlineData("a_b.c-d/e_f=x:1.2_3-4", true)]
    [InlineData("/dev/null", false)]
    [InlineData("/dev/x=y", false)]
    [InlineData("vendor.com/class=", false)]
    [InlineData("vendor.com/=x", false)]
    [InlineData("1a/b=c", false)]
    [InlineData("a/1b=c", false)]
    [InlineData("a/b=c/d", false)]
    [InlineData("a-/b=c", false)]
    [InlineData("a/b=c.", false)]
    [InlineData("a/b", false)]
    public void Names_are_told_from_paths(string text, bool isName) =>
        Assert.Equal(isName, CdiName.TryParse(text, out _));

    [Theory]
    [InlineData("cdiVersion is \"2.0.0\"", "'cdiVersion':'2.0.0'")]
    [InlineData("kind is \"acme\", VENDOR/CLASS is wanted", "'cdiVersion':'0.6.0','kind':'acme'")]
    [InlineData("devices has none", "'cdiVersion':'0.6.0','kind':'a.b/c','devices':[]")]
    [InlineData("colour is no field that is known", "'cdiVersion':'0.6.0','kind':'a.b/c','colour':1")]
    [InlineData("devices is a JSON Object, a Array is wanted", "'cdiVersion':'0.6.0','kind':'a.b/c','devices':{}")]
    [InlineData("kind has a dot in its class: it needs cdiVersion 0.6.0", "'cdiVersion':'0.5.0','kind':'a.b/c.d'")]
    public void A_document_that_is_wrong_is_refused(string words, string fields) =>
        Assert.Equal($"a.json: {words}", Refusal($"{{{fields}}}")[..($"a.json: {words}".Length)]);

    [Theory]
    [InlineData("name is \"\"", "'containerEdits':{}")]
    [InlineData("name begins with a digit: it needs cdiVersion 0.5.0",
        "'name':'1','containerEdits':{'env':['A=1']}", "0.4.0")]
    [InlineData("containerEdits changes nothing", "'name':'d'")]
    [InlineData("annotations needs cdiVersion 0.6.0", "'name':'d','annotations':{'a':'b'}", "0.5.0")]
    [InlineData("annotations.a is no text", "'name':'d','annotations':{'a':1}")]
    public void A_device_that_is_wrong_is_refused(string words, string fields, string version = "0.6.0") =>
        Assert.StartsWith($"a.json: devices[0].{words}", Refusal(
            $"{{'cdiVersion':'{version}','kind':'a.b/c','devices':[{{{fields}}}]}}"));

    [Theory]
    [InlineData("env[1] is \"=x\"", "'env':['A=1','=x']")]
    [InlineData("intelRdt is not supported", "'intelRdt':{'closID':'x'}")]
    [InlineData("additionalGids needs cdiVersion 0.7.0", "'additionalGids':[5]", "0.6.0")]
    [InlineData("additionalGids[0] is no number", "'additionalGids':[-1]")]
    [InlineData("netDevices needs cdiVersion 1.1.0", "'netDevices':[{'hostInterfaceName':'a','name':'b'}]", "1.0.0")]
    [InlineData("netDevices[0].name is \"\"", "'netDevices':[{'hostInterfaceName':'a'}]")]
    [InlineData("netDevices has a name twice", "'netDevices':[{'hostInterfaceName':'a','name':'b'},"
        + "{'hostInterfaceName':'c','name':'b'}]")]
    [InlineData("deviceNodes[0].path is \"dev/x\"", "'deviceNodes':[{'path':'dev/x'}]")]
    [InlineData("deviceNodes[0].hostPath needs cdiVersion 0.5.0",
        "'deviceNodes':[{'path':'/x','hostPath':'/y'}]", "0.4.0")]
    [InlineData("deviceNodes[0].type is \"s\"", "'deviceNodes':[{'path':'/x','type':'s'}]")]
    [InlineData("deviceNodes[0].major is -1", "'deviceNodes':[{'path':'/x','major':-1}]")]
    [InlineData("deviceNodes[0].permissions is \"rx\"", "'deviceNodes':[{'path':'/x','permissions':'rx'}]")]
    [InlineData("mounts[0].hostPath is missing", "'mounts':[{'containerPath':'/x'}]")]
    [InlineData("mounts[0].containerPath is \"/\"", "'mounts':[{'hostPath':'/x','containerPath':'/'}]")]
    [InlineData("mounts[0].type needs cdiVersion 0.4.0",
        "'mounts':[{'hostPath':'/x','containerPath':'/y','type':'bind'}]", "0.3.0")]
    [InlineData("mounts[0].type is \"nfs\"", "'mounts':[{'hostPath':'/x','containerPath':'/y','type':'nfs'}]")]
    [InlineData("mounts[0].options has \"size=1\"",
        "'mounts':[{'hostPath':'/x','containerPath':'/y','options':['size=1']}]")]
    [InlineData("mounts[0].options has idmap", "'mounts':[{'hostPath':'/x','containerPath':'/y','options':['idmap']}]")]
    [InlineData("hooks[0].hookName is \"later\"", "'hooks':[{'hookName':'later','path':'/x'}]")]
    [InlineData("hooks[0].path is \"x\"", "'hooks':[{'hookName':'poststart','path':'x'}]")]
    [InlineData("hooks[0].timeout is 0", "'hooks':[{'hookName':'poststart','path':'/x','timeout':0}]")]
    [InlineData("hooks[0].env[0] is \"A\"", "'hooks':[{'hookName':'poststart','path':'/x','env':['A']}]")]
    public void Edits_that_are_wrong_are_refused(string words, string fields, string version = "1.1.0") =>
        Assert.StartsWith($"a.json: devices[0].containerEdits.{words}", Refusal($"{{'cdiVersion':'{version}',"
            + $"'kind':'a.b/c','devices':[{{'name':'d','containerEdits':{{{fields}}}}}]}}"));

    [Fact]
    public void A_field_that_comes_twice_is_refused() =>
        Assert.Contains("kind", Refusal("{'cdiVersion':'0.6.0','kind':'a.b/c','kind':'a.b/d'}"));

    [Fact]
    public void Yaml_that_ends_anywhere_is_an_error_or_a_document_and_never_a_crash()
    {
        byte[] whole = """
            cdiVersion: "0.5.0"
            kind: 'a.b/c'
            list: [1, {x: "y\n"}, *z, &q !!str ~]
            ? key
            : - |
                block
              - >-
                folded
            number: 0x1F
            """u8.ToArray();
        for (int length = 0; length < whole.Length; length++)
            try
            {
                YamlDocument.ToJson(whole[..length]);
            }
            catch (UsageException e)
            {
                Assert.StartsWith("line ", e.Message);
            }
    }

    [Theory]
    [InlineData("a: [1, 0x10, 010, 0o10, 08, -2, 1.5]", """{"a":[1,16,8,8,8,-2,"1.5"]}""")]
    [InlineData("a: [true, False, null, ~, , '1', \"2\", yes]", null)]
    [InlineData("a: [true, False, null, ~, '1', \"2\", yes, !!str 3]",
        """{"a":[true,false,null,null,"1","2","yes","3"]}""")]
    [InlineData("a:\n- b: {c: d}\n  e:\n", """{"a":[{"b":{"c":"d"},"e":null}]}""")]
    [InlineData("---\na: b\n...\n", """{"a":"b"}""")]
    [InlineData("a: b\n---\nc: d", null)]
    [InlineData("a: &x 1\nb: *x", null)]
    [InlineData("[a]: b", null)]
    public void Yaml_is_read_as_json(string yaml, string? json)
    {
        if (json is not null)
            Assert.Equal(json, Encoding.UTF8.GetString(YamlDocument.ToJson(Encoding.UTF8.GetBytes(yaml))));
        else Assert.StartsWith("line ", Assert.Throws<UsageException>(
            () => YamlDocument.ToJson(Encoding.UTF8.GetBytes(yaml))).Message);
    }

    [Fact]
    public void Yaml_that_nests_without_end_is_refused() =>
        Assert.Contains("nested deeper than 64", Assert.Throws<UsageException>(
            () => YamlDocument.ToJson(Encoding.UTF8.GetBytes(new string('[', 100_000)))).Message);

    // The message, with the file's name alone.
    private string Refusal(string json)
    {
        string path = Path.Combine(_folder, "a.json");
        File.WriteAllText(path, json.Replace('\'', '"'));
        return Assert.Throws<UsageException>(() => CdiSpec.Read(path)).Message.Replace(_folder + "/", "");
    }
}
