package io.latchkey.codec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts what was encoded into an order that does not depend on how sets and maps happened to be
 * walked through.
 */
final class Canonical {
  private static final JsonMapper TREES =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(Integer.MAX_VALUE)
                          .maxNumberLength(SessionBounds.MAX_DIGITS)
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNameLength(Integer.MAX_VALUE)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private Canonical() {}

  static JsonNode of(byte[] json) {
    return sorted(TREES.readTree(json));
  }

  private static JsonNode sorted(JsonNode node) {
    if (node instanceof ArrayNode array) {
      ArrayNode sorted = JsonNodeFactory.instance.arrayNode(array.size());
      for (JsonNode element : array) {
        sorted.add(sorted(element));
      }
      return sorted;
    }
    if (!(node instanceof ObjectNode object)) {
      return node;
    }
    JsonNode set = object.get(TagModule.SET_MARK);
    if (set != null && object.size() == 1) {
      return sortedSet(sorted(set));
    }
    Map<String, JsonNode> fields = new TreeMap<>();
    object.properties().forEach(field -> fields.put(field.getKey(), sorted(field.getValue())));
    ObjectNode sorted = JsonNodeFactory.instance.objectNode();
    fields.forEach(
        (name, value) ->
            sorted.set(
                name,
                name.equals(Tags.ENTRIES) && value instanceof ArrayNode entries
                    ? sortedEntries(entries)
                    : value));
    return sorted;
  }

  private static JsonNode sortedSet(JsonNode set) {
    if (set instanceof ObjectNode tagged && tagged.get(Tags.VALUE) instanceof ArrayNode elements) {
      return tagged.set(Tags.VALUE, sortedElements(elements));
    }
    return set instanceof ArrayNode elements ? sortedElements(elements) : set;
  }

  private static ArrayNode sortedElements(ArrayNode elements) {
    List<JsonNode> list = new ArrayList<>();
    elements.forEach(list::add);
    return JsonNodeFactory.instance.arrayNode().addAll(byText(list));
  }

  private static ArrayNode sortedEntries(ArrayNode entries) {
    List<ArrayNode> pairs = new ArrayList<>();
    for (int i = 0; i + 1 < entries.size(); i += 2) {
      pairs.add(JsonNodeFactory.instance.arrayNode().add(entries.get(i)).add(entries.get(i + 1)));
    }
    return JsonNodeFactory.instance.arrayNode().addAll(byText(pairs));
  }

  /** Makes the text of each but once. */
  private static List<JsonNode> byText(List<? extends JsonNode> nodes) {
    return nodes.stream()
        .map(node -> new Text(node.toString(), node))
        .sorted(Comparator.comparing(Text::text))
        .map(Text::node)
        .toList();
  }

  private record Text(String text, JsonNode node) {}
}
