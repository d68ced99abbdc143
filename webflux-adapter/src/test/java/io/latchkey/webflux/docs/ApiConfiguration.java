package io.latchkey.webflux.docs;

import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.WebFilterExchange;
import org.springframework.security.web.server.authentication.HttpStatusServerEntryPoint;
import org.springframework.security.web.server.authentication.ServerAuthenticationEntryPointFailureHandler;
import org.springframework.security.web.server.util.matcher.PathPatternParserServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatchers;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.reactive.CorsConfigurationSource;
import org.springframework.web.cors.reactive.UrlBasedCorsConfigurationSource;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebSession;
import reactor.core.publisher.Mono;

@Configuration
class ApiConfiguration {
  // header-based-sessions.md: security begin
  @Bean
  @Order(0)
  SecurityWebFilterChain api(ServerHttpSecurity http) {
    var unauthorized = new HttpStatusServerEntryPoint(HttpStatus.UNAUTHORIZED);
    return http.securityMatcher(new PathPatternParserServerWebExchangeMatcher("/api/**"))
        .authorizeExchange(
            paths -> paths.pathMatchers("/api/cart/**").permitAll().anyExchange().authenticated())
        .cors(Customizer.withDefaults())
        .csrf(csrf -> csrf.disable()) // no browser sends the header by itself
        .exceptionHandling(errors -> errors.authenticationEntryPoint(unauthorized))
        .formLogin(
            login ->
                login
                    .requiresAuthenticationMatcher(
                        ServerWebExchangeMatchers.pathMatchers(HttpMethod.POST, "/api/login"))
                    .authenticationEntryPoint(unauthorized)
                    .authenticationSuccessHandler((exchange, authentication) -> Mono.empty())
                    .authenticationFailureHandler(
                        new ServerAuthenticationEntryPointFailureHandler(unauthorized)))
        .logout(logout -> logout.logoutUrl("/api/logout").logoutSuccessHandler(this::endSession))
        .build();
  }

  private Mono<Void> endSession(WebFilterExchange exchange, Authentication authentication) {
    return exchange.getExchange().getSession().flatMap(WebSession::invalidate);
  }

  // header-based-sessions.md: security end

  // header-based-sessions.md: caches begin
  @Bean
  @Order(Ordered.HIGHEST_PRECEDENCE)
  WebFilter personalResponses() {
    return (exchange, chain) -> {
      HttpHeaders headers = exchange.getResponse().getHeaders();
      headers.setCacheControl("no-store"); // unless a handler sets something else
      headers.add(HttpHeaders.VARY, HeaderSessionIds.NAME); // for a handler that does
      return chain.filter(exchange);
    };
  }

  // header-based-sessions.md: caches end

  // header-based-sessions.md: cors begin
  @Bean
  CorsConfigurationSource corsConfigurationSource() {
    CorsConfiguration cors = new CorsConfiguration();
    cors.setAllowedOrigins(List.of("https://app.shop.example")); // by name, never "*"
    cors.setAllowedMethods(List.of("GET", "POST"));
    cors.setAllowedHeaders(List.of("Content-Type", HeaderSessionIds.NAME));
    cors.setExposedHeaders(List.of(HeaderSessionIds.NAME)); // else scripts do not see the id
    UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
    source.registerCorsConfiguration("/api/**", cors);
    return source;
  }
  // header-based-sessions.md: cors end
}
