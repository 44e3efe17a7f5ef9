import Testing
import VitqCheckpoints

struct WeightNamesTests {
  @Test(
    arguments: [
      ("head.weight", "head.weight"),
      ("module.head.weight", "head.weight"),
      ("_orig_mod.module.head.weight", "head.weight"),
      ("state_dict.module.head.weight", "head.weight"),
      ("model.head.weight", "head.weight"),
      ("visual.trunk.cls_token", "cls_token"),
      ("blocks.0.module.weight", "blocks.0.module.weight"),
      ("module.", "module."),
      ("", ""),
    ])
  func dropsPrefixes(_ original: String, _ name: String) {
    #expect(WeightNames.normalized(original) == name)
  }

  @Test func refusesNamesThatBecomeTheSame() {
    #expect(
      throws: ArchiveError.duplicateName("a", originals: ["module.a", "_orig_mod.a"])
    ) {
      try WeightNames.normalized(["b", "module.a", "_orig_mod.a"])
    }
  }
}
