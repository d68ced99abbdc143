package io.latchkey.shop;

/**
 * Something that the shop sells.
 *
 * @param id names it in forms and in the cart, and names its picture
 * @param name what customers call it
 * @param blurb one line about it
 * @param cents its price
 */
record Product(String id, String name, String blurb, int cents) {
  public String price() {
    return Cart.format(cents);
  }
}
