/** The examples of README.md, compiled, run, and compared with what it shows. */
@NullMarked
package io.latchkey.docs;

import org.jspecify.annotations.NullMarked;
